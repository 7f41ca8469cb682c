//! Devices by their identities: found however spelled, and "none" only where that is sure.
//!
//! Must not do: read the whole list.

use serde_json::{Value, json};

use super::acs;
use super::server::{Answer, StandIn, World};
use crate::acs::ixc::{IxcAcs, IxcAcsSettings, StatusMeans};
use crate::domain::Untrusted;
use crate::ports::{Acs as _, FetchError, FetchErrorKind, Sought};

fn all(values: &[&str]) -> Vec<Untrusted> {
    values.iter().map(|value| Untrusted::new(value)).collect()
}

fn serials(values: &[&str]) -> Sought {
    Sought { serials: all(values), ..Sought::default() }
}

fn row(serial: &str, login: &str) -> Value {
    json!({"serialNumber": serial, "status": true, "connection": {"pppoeLogin": login}})
}

fn rows() -> Vec<Value> {
    vec![
        row("485754431234ABCD", "ana@isp"),
        row("HWTC1234ABCD1", "bia"),
        row("00259E000011", "ana2@isp"),
    ]
}

/// An ACS that searches the column that it is asked for.
fn searching() -> StandIn {
    StandIn::lying(rows(), |world: &World, ask, answer| {
        let Some("connection.pppoeLogin") = ask.query("search[column]") else { return answer };
        let wanted = ask.query("search[search]").unwrap();
        let rows = world.rows.lock().unwrap();
        let has = |row: &&Value| row["connection"]["pppoeLogin"].as_str().unwrap().contains(wanted);
        Answer::page(&rows.iter().filter(has).cloned().collect::<Vec<_>>(), false)
    })
}

fn found(acs: &IxcAcs, sought: &Sought) -> Result<Vec<String>, FetchError> {
    let found = acs.holding(sought)?;
    Ok(found.iter().map(|device| device.id.raw().to_owned()).collect())
}

#[test]
fn a_device_is_found_by_any_identity_and_no_other_is() {
    let server = searching();
    let acs = acs(&server);
    let macs = |values: &[&str]| Sought { macs: all(values), ..serials(&["none"]) };
    let logins = |values: &[&str]| Sought { logins: all(values), ..Sought::default() };
    for (sought, ids) in [
        (serials(&["HWTC1234ABCD", "485754431234ABCD"]), &["485754431234ABCD"][..]),
        (serials(&["HWTC1234ABC"]), &[]),
        (macs(&["00:25:9E:00:00:11"]), &["00259E000011"]),
        (logins(&["ana@isp"]), &["485754431234ABCD"]),
        (logins(&["ana"]), &["485754431234ABCD"]),
        (logins(&["carla"]), &[]),
        (
            Sought { logins: all(&["bia"]), ..serials(&["485754431234ABCD"]) },
            &["485754431234ABCD", "HWTC1234ABCD1"],
        ),
    ] {
        assert_eq!(found(&acs, &sought).unwrap(), ids, "{sought:?}");
    }
}

#[test]
fn none_is_said_only_where_the_acs_says_so_twice() {
    type Lie = fn(&str, Answer) -> Answer;
    let lies: [Lie; 5] = [
        // The search finds nothing whatever it is asked for.
        |path, answer| if path.ends_with("/natural") { Answer::page(&[], false) } else { answer },
        |path, answer| if path.ends_with("/natural") { Answer::new(404, "{}") } else { answer },
        |path, answer| if path.ends_with("/natural") { Answer::new(200, "<p>") } else { answer },
        // It gives the whole list, again and again.
        |path, answer| {
            let again = Answer::page(&[row("x", "x"), row("y", "y"), row("z", "z")], true);
            if path.ends_with("/natural") { again } else { answer }
        },
        |path, answer| if path.ends_with("/natural") { Answer::new(500, "{}") } else { answer },
    ];
    for (n, lie) in lies.into_iter().enumerate() {
        let server = StandIn::lying(rows(), move |_, ask, answer| lie(&ask.path, answer));
        let error = found(&acs(&server), &serials(&["HWTC1234ABCD1"])).unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Unavailable, "lie {n}");
    }
    // What it says of a single serial is no answer.
    let server = StandIn::lying(rows(), |_, ask, answer| match ask.path.as_str() {
        path if path.ends_with("/capabilities") => Answer::new(500, "{}"),
        _ => answer,
    });
    assert!(found(&acs(&server), &serials(&["none"])).is_err());
    assert_eq!(found(&acs(&server), &serials(&["HWTC1234ABCD1"])).unwrap(), ["HWTC1234ABCD1"]);
}

#[test]
fn by_nothing_or_by_a_mac_alone_none_is_never_said() {
    let server = searching();
    let acs = acs(&server);
    for sought in [
        Sought::default(),
        serials(&[" ", "-"]),
        Sought { macs: all(&["00:25:9E:00:00:99"]), ..Sought::default() },
    ] {
        let error = found(&acs, &sought).unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Unavailable, "{sought:?}");
    }
    let as_serial = Sought { macs: all(&["00:25:9E:00:00:11"]), ..Sought::default() };
    assert_eq!(found(&acs, &as_serial).unwrap(), ["00259E000011"]);
}

#[test]
fn a_device_that_is_listed_as_removed_is_not_found_where_status_means_that() {
    let removed = json!({"serialNumber": "A1", "status": false});
    let server = StandIn::honest(vec![removed]);
    for (status_means, there) in [(None, true), (Some(StatusMeans::Active), false)] {
        let settings = IxcAcsSettings { status_means, ..super::settings(&server) };
        let acs = IxcAcs::new(settings).unwrap();
        assert_eq!(!found(&acs, &serials(&["A1"])).unwrap().is_empty(), there);
    }
}
