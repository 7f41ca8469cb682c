//! Who carries an identity, in whatever spelling and column.
//!
//! Must not do: hold a person that is not invented.

use serde_json::json;

use super::server::{Answer, Server, World};
use super::shop::{LOGINS, ONUS, Open, Several, Shop};
use crate::domain::Untrusted;
use crate::ports::{FetchErrorKind, Provider as _, Sought};
use crate::provider::ixc::{DeviceSource, IxcProvedorSettings};

fn sought(serials: &[&str], macs: &[&str], logins: &[&str]) -> Sought {
    let all = |values: &[&str]| values.iter().map(|v| Untrusted::new(v)).collect();
    Sought { serials: all(serials), macs: all(macs), logins: all(logins) }
}

/// The shop's login 57 and ONU 12 have other identities; what is looked for is added.
fn found(open: &Open, what: &Sought) -> Vec<String> {
    let records = open.adapter.holding(what).unwrap();
    let name = |r: &crate::domain::ProviderRecord| match &r.device_id {
        Some(id) => id.raw().to_owned(),
        None => format!("login {}", r.login_id.as_ref().unwrap().raw()),
    };
    records.iter().map(name).collect()
}

fn shop() -> Shop {
    let mut shop = Shop::stocked();
    let login = |name: &str| format!("\"{name}\"");
    for (id, name) in [(60, "bia.60"), (61, "caio.61")] {
        let name = login(name);
        let cells = [("login", name.as_str()), ("ativo", "\"S\""), ("onu_mac", "\"\"")];
        shop.add(LOGINS, id, &cells);
        shop.set(LOGINS, id, "mac", "");
    }
    shop.add(ONUS, 13, &[("mac", "\"\""), ("id_login", "\"0\"")]);
    shop
}

#[test]
fn every_spelling_is_found_in_every_column() {
    let serials = ["ZTEGC0FFEE01", "5A544547C0FFEE01", "ztegc0ffee01"];
    let macs = ["AA:BB:CC:DD:EE:01"];
    let spelt = ["AA:BB:CC:DD:EE:01", "AABBCCDDEE01", "aa:bb:cc:dd:ee:01", "aa-bb-cc-dd-ee-01"];
    let what = sought(&serials, &macs, &[]);
    for value in serials.iter().chain(&spelt) {
        for (table, id, column, record) in [
            (ONUS, 13, "mac", "13"),
            (LOGINS, 60, "onu_mac", "login-60"),
            (LOGINS, 60, "mac", "login-60"),
        ] {
            let mut shop = shop();
            shop.set(table, id, column, value);
            let open = Open::new(shop);
            assert_eq!(found(&open, &what), [record], "{value} in {table}.{column}");
        }
    }
    let open = Open::new(shop());
    assert_eq!(found(&open, &what), [] as [&str; 0]);
    assert_eq!(open.server.inserts(), 0);
}

#[test]
fn a_login_is_found_by_its_name_and_stands_for_its_onu() {
    let open = Open::new(shop());
    assert_eq!(found(&open, &sought(&[], &[], &["bia.60"])), ["login 60"]);
    assert_eq!(found(&open, &sought(&[], &[], &["ana.57"])), ["12"]);
    let all = sought(&["HWTC00000001"], &["AA:BB:CC:00:00:01"], &["ana.57", "caio.61"]);
    assert_eq!(found(&open, &all), ["login 61", "12"], "each record once");
    let mut shop = shop();
    shop.set(ONUS, 13, "id_login", "57");
    assert_eq!(found(&Open::new(shop), &sought(&[], &[], &["ana.57"])), ["12", "13"]);
}

#[test]
fn where_logins_alone_are_entries_no_onu_is_asked_for() {
    let open = Open::with(shop(), |settings| IxcProvedorSettings {
        device_source: DeviceSource::Radusuarios,
        ..settings
    });
    assert_eq!(found(&open, &sought(&["HWTC00000001"], &[], &[])), ["login-57"]);
    assert!(open.server.requests().iter().all(|r| r.table() != ONUS));
}

#[test]
fn what_can_t_be_looked_for_is_no_none() {
    let open = Open::new(shop());
    for what in [sought(&[], &[], &[]), sought(&["", "A' OR 1=1", "x\u{202e}y", "%"], &[], &["*"])]
    {
        let error = open.adapter.holding(&what).unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Unavailable);
    }
    assert!(open.server.requests().is_empty());
    for (body, name) in [
        (json!({"total": "3", "registros": []}), "rows missing"),
        (json!({"total": "1", "registros": [{"id": "13", "mac": "OTHER"}]}), "other rows"),
        (json!({"type": "error", "message": "Erro"}), "an error"),
    ] {
        let server = Server::with(World::new(), move |_, asked, _| match asked.table() {
            "radgrupos" => Answer::json(&json!({"total": "0"})),
            _ => Answer::json(&body),
        });
        let error = server.adapter().holding(&sought(&["ZTEGC0FFEE01"], &[], &[]));
        assert!(error.is_err(), "{name}");
    }
}

/// A shop whose columns hold enough to prove a list by.
fn full() -> Shop {
    let mut shop = shop();
    for id in 70..90 {
        shop.add(LOGINS, id, &[("ativo", "\"S\""), ("login", &format!("\"eva.{id}\""))]);
        shop.set(LOGINS, id, "onu_mac", &format!("ZTEGC0DE00{id}"));
        shop.set(LOGINS, id, "mac", &format!("AA:BB:CC:C0:DE:{id}"));
        shop.add(ONUS, id, &[("id_login", &format!("\"{id}\""))]);
        shop.set(ONUS, id, "mac", &format!("ZTEGC0DE00{id}"));
    }
    shop.set(LOGINS, 60, "mac", "aabbccddee01");
    shop
}

fn opers(open: &Open) -> Vec<String> {
    let requests = open.server.requests();
    let lists = requests.iter().filter(|r| r.lists && r.table() != "radgrupos");
    lists.map(|r| r.oper().to_owned()).collect()
}

#[test]
fn all_spellings_are_one_question_where_the_answer_proves_that_it_was_understood() {
    let what = sought(&["ZTEGC0FFEE01", "5A544547C0FFEE01"], &["AA:BB:CC:DD:EE:01"], &["x.1"]);
    let open = Open::new(full());
    assert_eq!(found(&open, &what), ["login-60"]);
    let count = |oper: &str| opers(&open).iter().filter(|o| *o == oper).count();
    assert_eq!((count("!="), count("IN")), (3, 3), "two a column");
    // The login's name, its ONUs, and the record that was found.
    assert!(count("=") <= 6, "{:?}", opers(&open));
    assert_eq!(found(&open, &what), ["login-60"]);
    assert_eq!((count("!="), count("IN")), (3, 6), "what stands at the ends is known");
    assert_eq!(open.server.inserts(), 0);
}

#[test]
fn a_list_that_is_misread_is_asked_for_a_value_at_a_time() {
    let what = sought(&["ZTEGC0FFEE01"], &["AA:BB:CC:DD:EE:01"], &[]);
    for several in [Several::One, Several::First, Several::Last, Several::Html, Several::Ignored] {
        let open = Open::new(Shop { several, ..full() });
        assert_eq!(found(&open, &what), ["login-60"], "{several:?}");
        let tries = opers(&open).iter().filter(|o| *o == "IN").count();
        assert_eq!(tries, 3, "once a column: {several:?}");
        assert_eq!(found(&open, &what), ["login-60"], "{several:?}");
        assert_eq!(opers(&open).iter().filter(|o| *o == "IN").count(), 3, "never again");
    }
}

#[test]
fn values_at_the_ends_may_go_and_others_take_their_place() {
    let what = sought(&["ZTEGC0FFEE01"], &["AA:BB:CC:DD:EE:01"], &[]);
    let open = Open::new(full());
    assert_eq!(found(&open, &what), ["login-60"]);
    let gone: Vec<u64> = open.shop().tables[LOGINS].keys().copied().filter(|id| *id < 72).collect();
    for id in gone.into_iter().filter(|id| *id != 60) {
        open.shop().set(LOGINS, id, "mac", "");
    }
    let before = opers(&open).len();
    assert_eq!(found(&open, &what), ["login-60"]);
    let since = &opers(&open)[before..];
    assert_eq!(since.iter().filter(|o| *o == "!=").count(), 1, "{since:?}");
    assert_eq!(since.iter().filter(|o| *o == "IN").count(), 4, "{since:?}");
}
