//! An honest list is read whole, whatever its size, and of each register only what is wanted.
//!
//! Must not do: lie.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use proptest::prelude::*;
use serde_json::json;

use super::server::{Answer, StandIn};
use super::{acs, fetch, ids, names, row, rows, settings};
use crate::acs::ixc::{IxcAcs, IxcAcsSettings, StatusMeans};
use crate::ports::{Acs as _, FetchErrorKind, followed};

#[test]
fn a_list_of_any_length_is_read_whole() {
    for count in [1, 2, 3, 4, 5, 6, 7, 9, 10, 40] {
        let server = StandIn::honest(rows(count));
        let told = Mutex::new(Vec::new());
        let (acs, progress) = (acs(&server), |n| told.lock().unwrap().push(n));
        let snapshot = followed(|list| acs.fetch_into(&progress, list)).unwrap();
        assert!(snapshot.is_complete(), "{count}: {:?}", snapshot.meta().bad);
        assert_eq!(ids(&snapshot), names(count));
        let meta = snapshot.meta();
        assert_eq!(meta.pages as usize, count.div_ceil(3));
        assert_eq!(meta.fetched_at, "2026-11-24T12:00:00Z".parse().unwrap());
        assert_eq!(told.lock().unwrap().last(), Some(&(count as u64)));
    }
}

#[test]
fn no_device_is_a_failed_fetch() {
    let error = fetch(&acs(&StandIn::honest(Vec::new()))).unwrap_err();
    assert_eq!(error.kind, FetchErrorKind::Unavailable);
    assert!(error.what.contains("0 devices"));
}

#[test]
fn a_server_that_has_its_own_size_of_a_page_is_asked_for_that() {
    // Such a server may count pages by the size asked for, and would then skip devices.
    let server = StandIn::lying(rows(20), |world, ask, answer| {
        let Some(page) = ask.page() else { return answer };
        let asked: usize = ask.query("pagination[pageSize]").unwrap().parse().unwrap();
        let rows = world.rows.lock().unwrap();
        let from = ((page - 1) * asked).min(rows.len());
        let to = (from + asked.min(4)).min(rows.len());
        Answer::page(&rows[from..to], to < rows.len())
    });
    let acs = IxcAcs::new(IxcAcsSettings { page_size: Some(500), ..settings(&server) }).unwrap();
    let snapshot = fetch(&acs).unwrap();
    assert!(snapshot.is_complete(), "{:?}", snapshot.meta().bad);
    assert_eq!(ids(&snapshot), names(20));
}

#[test]
fn a_server_that_gives_its_last_page_for_any_after_it_is_believed() {
    let server = StandIn::lying(rows(8), |world, ask, answer| match ask.page() {
        Some(page) if page > 3 => world.page(ask, 3, 3),
        _ => answer,
    });
    let snapshot = fetch(&acs(&server)).unwrap();
    assert!(snapshot.is_complete(), "{:?}", snapshot.meta().bad);
}

#[test]
fn a_server_may_refuse_pages_after_the_last() {
    for status in [400, 404] {
        let server = StandIn::lying(rows(8), move |_, ask, answer| match ask.page() {
            Some(page) if page > 3 => Answer::new(status, "{\"message\":\"no such page\"}"),
            _ => answer,
        });
        assert!(fetch(&acs(&server)).unwrap().is_complete());
    }
}

#[test]
fn serials_may_be_sorted_without_regard_to_case() {
    let serials = ["AA1", "ab2", "AC3", "b4", "B5"];
    let server = StandIn::honest(serials.iter().map(|s| row(s)).collect());
    assert!(fetch(&acs(&server)).unwrap().is_complete());
}

#[test]
fn a_register_is_read_as_documented_and_nothing_else_of_it_is_kept() {
    let server = StandIn::honest(vec![
        json!({
            "serialNumber": "HWTC1", "status": false, "lastInform": "2026-11-20T09:00:00-03:00",
            "created": "2026-01-02 03:04:05",
            "deviceInfo": {"manufacturer": "Huawei", "modelName": "HG8145V5",
                "hardwareVersion": "V2", "softwareVersion": "V5R1", "rx": "-20", "uptime": 9},
            "connection": {"pppoeLogin": "ana@isp.example", "password": "CANARIO"},
            "customer": {"name": "CANARIO", "cpf": "CANARIO"},
            "wifi": [{"ssid": "CANARIO", "key": "CANARIO"}],
        }),
        json!({"serialNumber": "HWTC2", "lastInform": "ontem", "created": "0001-01-01T00:00:00Z"}),
    ]);
    let snapshot = fetch(&acs(&server)).unwrap();
    assert!(snapshot.is_complete());
    assert!(!format!("{snapshot:?}").contains("CANARIO"));
    let (device, meta) = (&snapshot.records()[0], snapshot.meta());
    let raw = |value: &Option<crate::domain::Untrusted>| value.as_ref().unwrap().raw().to_owned();
    assert_eq!(raw(&device.serial), "HWTC1");
    assert_eq!(raw(&device.manufacturer), "Huawei");
    assert_eq!(raw(&device.model), "HG8145V5");
    assert_eq!(raw(&device.firmware), "V5R1");
    assert_eq!(raw(&device.pppoe_login), "ana@isp.example");
    assert_eq!(device.last_inform, Some("2026-11-20T12:00:00Z".parse().unwrap()));
    assert_eq!(device.registered, Some("2026-01-02T06:04:05Z".parse().unwrap()));
    assert_eq!(device.integrated, None);
    assert!(!meta.supplies.integrated);
    assert_eq!(meta.extra_columns, ["hardwareVersion".into()]);
    assert_eq!(device.extra.len(), 1);
    assert_eq!((meta.unparsed_count, snapshot.records()[1].registered), (1, None));
    assert_eq!(meta.unparsed[0].value.as_ref().unwrap().raw(), "ontem");
}

#[test]
fn status_means_only_what_it_is_told_to_mean() {
    let rows = vec![
        json!({"serialNumber": "A", "status": false}),
        json!({"serialNumber": "B", "status": true}),
    ];
    let server = StandIn::honest(rows);
    for (status_means, expected, columns) in [
        (None, vec!["A", "B"], 1),
        (Some(StatusMeans::Online), vec!["A", "B"], 2),
        (Some(StatusMeans::Active), vec!["B"], 1),
    ] {
        let acs = IxcAcs::new(IxcAcsSettings { status_means, ..settings(&server) }).unwrap();
        let snapshot = fetch(&acs).unwrap();
        assert!(snapshot.is_complete());
        assert_eq!(ids(&snapshot), expected);
        let meta = snapshot.meta();
        assert_eq!(meta.extra_columns.len(), columns);
        assert_eq!(meta.remarks.len(), usize::from(expected.len() == 1), "{:?}", meta.remarks);
        let told = snapshot.records().iter().flat_map(|device| &device.extra).count();
        assert_eq!(told, if columns == 2 { 2 } else { 0 });
    }
}

#[test]
fn other_places_can_be_named() {
    let server = StandIn::honest(vec![json!({
        "serialNumber": "A", "net": {"macs": ["00:25:9E:00:00:10", "00:25:9E:00:00:11"]},
        "synced": true, "deviceInfo": {"modelName": "old", "model": "new"},
    })]);
    let named = [("mac", "net.macs"), ("integrated", "synced"), ("model", "deviceInfo.model")];
    let fields: BTreeMap<String, Vec<String>> = named
        .iter()
        .map(|(ours, theirs)| ((*ours).to_owned(), vec!["x.y".to_owned(), (*theirs).to_owned()]))
        .collect();
    let acs = IxcAcs::new(IxcAcsSettings { fields, ..settings(&server) }).unwrap();
    let snapshot = fetch(&acs).unwrap();
    let device = &snapshot.records()[0];
    assert_eq!((device.macs.len(), device.integrated), (2, Some(true)));
    assert_eq!(device.model.as_ref().unwrap().raw(), "new");
    assert!(snapshot.meta().supplies.integrated);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_fetched_is_what_was_served(
        serials in proptest::collection::btree_set("[!-~]{1,12}", 1..40),
        page_size in 1_u32..12,
    ) {
        let serials: BTreeSet<String> = serials;
        let server = StandIn::honest(serials.iter().map(|s| row(s)).collect());
        let page_size = Some(page_size);
        let acs = IxcAcs::new(IxcAcsSettings { page_size, ..settings(&server) }).unwrap();
        let snapshot = fetch(&acs).unwrap();
        prop_assert!(snapshot.is_complete(), "{:?}", snapshot.meta().bad);
        prop_assert_eq!(ids(&snapshot), serials.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn an_answer_that_is_no_list_is_not_shown() {
    for body in [
        "{\"registers\":[{\"serialNumber\":\"A\",\"customer\":\"CANARIO\"}]}",
        "{\"registers\":[{\"serialNumber\":\"A\",\"wifi\":\"CANARIO\"}],\"hasNextPage\":0,\
         \"message\":\"CANARIO\"}",
        "{\"customer\":\"CANARIO\"}",
        "[\"CANARIO\"]",
        "CANARIO",
    ] {
        let server = StandIn::lying(rows(1), move |_, ask, answer| match ask.page() {
            Some(_) => Answer::new(200, body),
            None => answer,
        });
        let error = fetch(&acs(&server)).unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Unavailable);
        assert!(!format!("{error:?}").contains("CANARIO"), "{error:?}");
    }
}
