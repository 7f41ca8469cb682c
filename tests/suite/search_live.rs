//! `acerto search` against a lab: everybody is found by whatever they tell, from the store and
//! live, in whatever spelling the Provider keeps it; and revealed to whoever gives a reason.
//!
//! Must not do: know how the product asks. What was asked is read at the lab.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::apply::rows::listed;
use crate::lab_process::Lab;
use crate::product_run::Answer;

/// A customer as the Provider keeps them, with a login of theirs.
struct Person {
    login: String,
    name: String,
    document: String,
    phone: String,
}

/// Customers with a login of their own, by the login.
fn people(lab: &Lab) -> Vec<Person> {
    let customers = listed(lab, "cliente");
    let by_id: BTreeMap<&String, &BTreeMap<String, String>> =
        customers.iter().map(|customer| (&customer["id"], customer)).collect();
    let of = |login: &BTreeMap<String, String>| {
        let customer = by_id.get(&login["id_cliente"])?;
        Some(Person {
            login: login["id"].clone(),
            name: customer["razao"].clone(),
            document: customer["cnpj_cpf"].clone(),
            phone: customer["telefone_celular"].clone(),
        })
    };
    listed(lab, "radusuarios").iter().filter_map(of).filter(|p| !p.phone.is_empty()).collect()
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// `47 9 1234-5678`, as a caller says it.
fn spoken(phone: &str) -> String {
    let n = digits(phone);
    format!("{} {} {}-{}", &n[..2], &n[2..3], &n[3..7], &n[7..])
}

fn punctuated(document: &str) -> String {
    let n = digits(document);
    if n.len() == 11 {
        return format!("{}.{}.{}-{}", &n[..3], &n[3..6], &n[6..9], &n[9..]);
    }
    format!("{}.{}.{}/{}-{}", &n[..2], &n[2..5], &n[5..8], &n[8..12], &n[12..])
}

fn logins(answer: &Answer) -> Vec<String> {
    let report = answer.report();
    let results = report["results"].as_array().unwrap();
    let login = |r: &Value| r["provider"]["login_id"].as_str().unwrap_or("-").to_owned();
    results.iter().map(login).collect()
}

fn search(lab: &Lab, profile: &str, more: &[&str]) -> Answer {
    let answer = lab.acerto(profile, &[&["search", "--format", "json"], more].concat());
    assert!([Some(0), Some(3)].contains(&answer.exit), "{more:?}: {}", answer.said());
    answer
}

#[test]
fn everybody_is_found_by_document_and_phone_in_any_spelling_from_the_store_and_live() {
    let lab = Lab::start(60);
    lab.net("requests_per_minute = 0\nread_rps = 0");
    assert_eq!(lab.reconcile("lab").exit, Some(3));
    let people = people(&lab);
    let plain = people.iter().filter(|p| p.phone == digits(&p.phone)).take(2);
    let typed = people.iter().filter(|p| p.phone != digits(&p.phone)).take(2);
    let chosen: Vec<&Person> = plain.chain(typed).collect();
    assert_eq!(chosen.len(), 4, "the lab's people are typed both ways");
    for person in chosen {
        let number = digits(&person.document);
        let spelled = [
            (number.clone(), "document"),
            (punctuated(&person.document), "document"),
            (spoken(&person.phone), "phone"),
            (digits(&person.phone), "phone"),
            (digits(&person.phone)[3..].to_owned(), "phone"),
        ];
        for (query, on) in spelled {
            for more in [&[][..], &["--live"]] {
                let answer = search(&lab, "lab", &[&[query.as_str()], more].concat());
                assert!(
                    logins(&answer).contains(&person.login),
                    "{on} {more:?}: {}",
                    answer.stdout
                );
                let report = answer.report();
                assert_eq!(report["results"][0]["matched_on"], on, "{more:?}: {report}");
                assert_eq!(report["live"], !more.is_empty());
            }
        }
        // A name as it is said, without accents.
        let name = person.name.to_lowercase();
        let answer = search(&lab, "lab", &["--live", "--limit", "100", &name]);
        assert!(logins(&answer).contains(&person.login), "{}", answer.stdout);
    }
    let nobody = search(&lab, "lab", &["--live", "000.000.000-01"]);
    assert_eq!((nobody.exit, logins(&nobody)), (Some(3), Vec::new()));
    assert_eq!(lab.get("/_lab/writes"), json!([]), "a search writes nothing");
}

#[test]
fn a_device_is_found_live_with_both_its_records_on_either_acs() {
    let lab = Lab::start(60);
    lab.net("requests_per_minute = 0\nread_rps = 0");
    for profile in ["lab", "lab-genieacs"] {
        assert_eq!(lab.reconcile(profile).exit, Some(3));
        let all = search(&lab, profile, &["isp", "--limit", "500"]).report();
        let known = search(&lab, profile, &["a", "e", "--limit", "500"]);
        let whole = known.report()["results"].as_array().unwrap().clone();
        let paired = whole.iter().chain(all["results"].as_array().unwrap());
        let device = paired
            .into_iter()
            .find(|r| r["acs"]["serial"].is_string() && r["provider"]["login_id"].is_string())
            .expect("a device that both have");
        let serial = device["acs"]["serial"].as_str().unwrap();
        let login = device["provider"]["login"].as_str().unwrap();
        let contract = device["provider"]["contract_id"].as_str().unwrap();
        let end = &serial[serial.len() - 8..];
        for query in [serial, &serial.to_lowercase(), end, login, contract] {
            let answer = search(&lab, profile, &["--live", query]);
            let report = answer.report();
            let is_it = |r: &Value| {
                r["acs"]["id"] == device["acs"]["id"]
                    && r["provider"]["login_id"] == device["provider"]["login_id"]
            };
            let results = report["results"].as_array().unwrap();
            assert!(results.iter().any(is_it), "{profile} {query}: {report}\n{device}");
        }
    }
}

#[test]
fn one_side_that_cannot_be_asked_is_said_and_the_other_answers() {
    let lab = Lab::start(60);
    lab.net("requests_per_minute = 0\nread_rps = 0\nrequest_timeout = \"2s\"");
    let text = lab.configuration();
    let person = people(&lab).remove(0);
    // The ACS's address is nobody's.
    let port = crate::stand_in::closed();
    let broken = text.replacen(
        &format!("http://127.0.0.1:{}", lab.port),
        &format!("http://127.0.0.1:{port}"),
        1,
    );
    lab.configure(&broken);
    let number = digits(&person.document);
    let answer = lab.acerto("lab", &["search", "--live", "--format", "json", &person.name]);
    assert_eq!(answer.exit, Some(6), "{}", answer.said());
    assert!(logins(&answer).contains(&person.login), "{}", answer.stdout);
    let report = answer.report();
    let remarks = report["remarks"].as_array().unwrap();
    assert!(remarks.iter().any(|r| r["code"] == "side-failed"), "{report}");
    // Nothing that was typed stands in what was said or logged.
    let answer = lab.acerto("lab", &["search", "--live", "-vv", &number]);
    assert!(!answer.said().contains(&number), "{}", answer.said());
}

#[test]
fn whole_values_are_shown_for_a_reason_that_is_noted() {
    let lab = Lab::start(60);
    lab.net("requests_per_minute = 0\nread_rps = 0");
    assert_eq!(lab.reconcile("lab").exit, Some(3));
    let person = people(&lab).remove(0);
    let number = digits(&person.document);
    let masked = search(&lab, "lab", &[&number]);
    assert!(!masked.stdout.contains(&person.name), "{}", masked.stdout);
    let refused = lab.acerto("lab", &["search", &number, "--reveal"]);
    assert_eq!(refused.exit, Some(2), "{}", refused.said());
    for more in [&[][..], &["--live"]] {
        let asked = ["search", &number, "--reveal", "--reason", "ticket 4711"];
        let output = lab.command("lab", &[&asked[..], more].concat()).output().unwrap();
        let whole = Answer::revealed(&output);
        assert_eq!(whole.exit, Some(0), "{}", whole.said());
        for value in [&person.name, &person.document, &person.phone] {
            assert!(whole.stdout.contains(value), "{value}: {}", whole.stdout);
        }
    }
    let export = lab.acerto("lab", &["store", "export"]);
    let noted = export.stdout.lines().filter(|l| l.contains("ticket 4711")).count();
    assert_eq!(noted, 2, "each time it is noted: who, when, why");
    assert!(!export.stdout.contains(&person.document));
    // Of many at once nobody is shown.
    let many = lab.acerto("lab", &["search", "a", "e", "--reveal", "--reason", "curious"]);
    assert_eq!(many.exit, Some(5), "{}", many.said());
    assert!(!many.stdout.contains("LTDA"), "{}", many.stdout);
}
