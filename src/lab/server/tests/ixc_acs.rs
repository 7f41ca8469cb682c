//! IXC ACS's habits.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::DecodePrivateKey as _;
use serde_json::{Value, json};

use super::{Client, LabOptions, lab, lab_of};
use crate::lab::server::Lab;

fn serials(page: &Value) -> Vec<String> {
    let rows = page["registers"].as_array().unwrap().iter();
    rows.map(|row| row["serialNumber"].as_str().unwrap().to_owned()).collect()
}

fn acs_count(client: &Client) -> usize {
    let count = client.get("/_lab/truth").json()["counts"]["acs"].as_u64().unwrap();
    usize::try_from(count).unwrap()
}

#[test]
fn the_view_is_read_page_by_page() {
    let lab = lab();
    let client = Client::of(&lab);
    let token = client.token();
    let mut all = Vec::new();
    for page in 1.. {
        let answer = client.view(&token, page, 7).json();
        let rows = serials(&answer);
        assert!(answer.get("total").is_none());
        let has_next = answer["hasNextPage"].as_bool().unwrap();
        assert!(rows.len() == 7 || !has_next);
        all.extend(rows);
        if !has_next {
            break;
        }
    }
    assert!(all.is_sorted());
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), acs_count(&client));
    let first = &client.view(&token, 1, 1).json()["registers"][0];
    assert!(!first.to_string().to_lowercase().contains("mac"), "{first}");
    assert!(first["wifi"].is_array() && first["customer"].is_object(), "canaries are there");
}

#[test]
fn one_device_is_searched_and_asked_for() {
    let lab = lab();
    let client = Client::of(&lab);
    let token = client.token();
    let serial = serials(&client.view(&token, 1, 1).json()).remove(0);
    let get = |target: String| client.ask("GET", &target, &[&token], "");
    let found = get(format!(
        "/api/v2/devices/views/natural?search[column]=serialNumber&search[search]={serial}"
    ));
    assert!(serials(&found.json()).contains(&serial));
    let filtered = get(format!(
        "/api/v2/devices/views/natural?filters[0][0][type]=text&\
         filters[0][0][accessor]=serialNumber&filters[0][0][operator]=equals&\
         filters[0][0][value]={serial}"
    ));
    assert_eq!(serials(&filtered.json()), std::slice::from_ref(&serial));
    for (target, status) in [
        (format!("/api/v1/devices/capabilities?sn={serial}"), 200),
        ("/api/v1/devices/capabilities?sn=NADA".to_owned(), 404),
        (format!("/api/v2/devices/{serial}/ethernet/ppp"), 200),
        ("/api/v2/devices/NADA/ethernet/ppp".to_owned(), 404),
        ("/api/v2/devices/views/natural?sorting[sortBy]=nada".to_owned(), 400),
        ("/api/v2/devices/views/natural?pagination[currentPage]=0".to_owned(), 400),
        ("/api/v2/nada".to_owned(), 404),
    ] {
        assert_eq!(get(target.clone()).status, status, "{target}");
    }
    let delete = || client.ask("DELETE", &format!("/api/v2/devices/{serial}"), &[&token], "");
    let before = acs_count(&client);
    assert_eq!((delete().status, delete().status), (200, 404));
    assert_eq!(acs_count(&client), before - 1);
    let writes = client.get("/_lab/writes").json();
    assert_eq!((&writes[0]["outcome"], &writes[1]["outcome"]), (&json!("done"), &json!("refused")));
    assert_eq!(writes[0]["key"], serial.as_str());
}

#[test]
fn a_token_ends_by_the_labs_clock() {
    let lab = lab();
    let client = Client::of(&lab);
    let token = client.token();
    assert_eq!(client.view(&token, 1, 1).status, 200);
    lab.advance_hours(1);
    assert_eq!(client.view(&token, 1, 1).status, 401);
    assert_eq!(client.view(&client.token(), 1, 1).status, 200);
    let form = "client_id=acerto-lab&client_secret=wrong";
    assert_eq!(client.ask("POST", "/api/v2/token/oauth", &[], form).status, 401);
    assert_eq!(client.get("/api/v2/devices/views/natural").status, 401);
}

#[test]
fn a_signed_login_is_checked() {
    let lab = lab();
    let client = Client::of(&lab);
    let own = lab.shared.lock().access(lab.port()).private_key_pem;
    let own = SigningKey::from_pkcs8_pem(&own).unwrap();
    let strange = SigningKey::from_slice(&[7; 32]).unwrap();
    let now = lab.now().as_second();
    let login = |key: &SigningKey, issuer: &str, from: i64, until: i64, algorithm: &str| {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(json!({"alg": algorithm, "typ": "JWT"}));
        let claims = part(json!({"iss": issuer, "iat": from, "exp": until}));
        let signed = format!("{header}.{claims}");
        let signature: Signature = key.sign(signed.as_bytes());
        let jwt = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()));
        client.ask("GET", "/api/v1/token", &[&format!("Authorization: Bearer {jwt}")], "")
    };
    let id = "acerto-lab";
    let good = login(&own, id, now, now + 300, "ES256");
    let token = good.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(client.view(&format!("Authorization: Bearer {token}"), 1, 1).status, 200);
    let year = 366 * 86_400;
    for (what, answer) in [
        ("another key", login(&strange, id, now, now + 300, "ES256")),
        ("another client", login(&own, "other", now, now + 300, "ES256")),
        ("expired", login(&own, id, now - year, now - year + 300, "ES256")),
        ("too long a life", login(&own, id, now, now + 86_401, "ES256")),
        ("another algorithm", login(&own, id, now, now + 300, "none")),
    ] {
        assert_eq!(answer.status, 401, "{what}");
    }
}

#[test]
fn the_integration_and_tests() {
    let lab = lab();
    let client = Client::of(&lab);
    let token = client.token();
    let ask = |method: &str, target: &str, body: &str| client.ask(method, target, &[&token], body);
    let state = ask("GET", "/api/v2/integration", "").json();
    assert_eq!(state["enabled"], true);
    assert_eq!(ask("POST", "/api/v2/integration/synchronize", "").status, 202);
    let after = ask("GET", "/api/v2/integration", "").json();
    assert_eq!(after["lastSynchronized"], lab.now().to_string().as_str());
    let serial = serials(&client.view(&token, 1, 1).json()).remove(0);
    let of = |what: &str| format!("/api/v2/devices/{serial}/{what}");
    assert_eq!(ask("POST", &of("integration/send"), "").status, 202);
    assert_eq!(ask("POST", "/api/v2/devices/NADA/integration/send", "").status, 404);
    assert_eq!(ask("GET", &of("speedtest"), "").status, 404);
    assert_eq!(ask("POST", &of("speedtest"), "").status, 202);
    assert_eq!(ask("GET", &of("speedtest"), "").json()["state"], "Requested");
    lab.advance_hours(1);
    let token = client.token();
    let test = client.ask("GET", &of("speedtest"), &[&token], "").json();
    assert_eq!(test["state"], "Completed");
    assert!(test["downloadKbps"].as_u64().unwrap() > 1000);
    let reboot = json!({"sn": serial}).to_string();
    let update = json!([{"parameter": "a", "value": "1", "type": "xsd:string"}]).to_string();
    let post = |target: &str, body: &str| client.ask("POST", target, &[&token], body).status;
    assert_eq!(post("/api/v1/devices/reboot", &reboot), 202);
    assert_eq!(post("/api/v1/devices/reboot", "{\"sn\":\"NADA\"}"), 404);
    assert_eq!(post(&of("parameters/update"), &update), 202);
    assert_eq!(post(&of("parameters/update"), "{}"), 400);
}

#[test]
fn a_budget_is_kept_by_the_minute() {
    let lab: Lab = lab_of(LabOptions { requests_per_minute: Some(2), ..LabOptions::default() });
    let client = Client::of(&lab);
    let token = client.token();
    assert_eq!(client.view(&token, 1, 1).status, 200);
    assert_eq!(client.view(&token, 1, 1).status, 200);
    let refused = client.view(&token, 1, 1);
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("60")));
    lab.advance_to(lab.now() + jiff::SignedDuration::from_secs(60));
    assert_eq!(client.view(&token, 1, 1).status, 200);
}
