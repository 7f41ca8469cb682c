//! What a filter finds, by the sample run.

use super::*;
use crate::app::sample;

fn found(filter: &str) -> Vec<String> {
    let run = sample::run();
    let wanted =
        Wanted { filter: filter.to_owned(), now: crate::tui::testing::now(), ..Wanted::default() };
    let places = lines(&run.reconciliation, &wanted).into_iter().map(|line| match line {
        Line::Finding(place) => {
            let finding = &run.reconciliation.findings[place as usize];
            finding.keys[0].to_string().trim_start_matches("serial=HWTC000000").to_owned()
        }
        Line::Group(name, count) => format!("{name}: {count}"),
    });
    places.collect()
}

#[test]
fn each_kind_of_condition_finds_what_it_says() {
    for (filter, expected) in [
        // A serial in any form.
        ("HWTC00000011", "11"),
        ("hwtc-0000-0011", "11"),
        ("4857544300000011", "11"),
        ("serial:48575443-0000-0011", "11"),
        // A MAC with and without separators.
        ("00:25:9E:00:00:11", "11"),
        ("00259e000011", "11"),
        ("0025.9e00.0011", "11"),
        ("mac:9e-00-00-11", "11"),
        ("mac:HWTC", ""),
        ("cause:purge !serial:4857544300000023", "15"),
        // Logins and ids.
        ("rita.melo", "09"),
        ("login:RITA", "09"),
        ("id:d17", "17"),
        ("a08", "08"),
        ("teo.mar", "16"),
        ("téo.MAR", "16"),
        ("ze.cruz", "07"),
        // All have to fit.
        ("caio 19", "19"),
        ("caio otto", ""),
        // Not.
        ("cause:pending-purge !eva", "15"),
        ("cause:swapped-device !~caio", "11"),
        // Fields.
        ("cause:purge", "15 23"),
        ("strength:inf fix:link", "07"),
        ("state:ongoing", "08 09"),
        ("olt:centro cause:drift", "05"),
        ("região:norte cause:never", "18"),
        ("firmware:v5r022 cause:unexplained", "30"),
        // A column that does not exist makes a word of it.
        ("nothing:here", ""),
        // Nobody is found by what is masked.
        ("maria", ""),
        ("12345678900", ""),
        ("900001234", ""),
        // Half-typed conditions are words.
        ("seen<", ""),
        ("!", ""),
        ("", "13 12 11 19 08 10 09 07 17 15 23 18 16 30 05 99"),
    ] {
        assert_eq!(found(filter).join(" "), expected, "{filter}");
    }
}

#[test]
fn ages_count_from_the_last_inform() {
    // The devices of the sample informed an hour ago; entries without a device never did.
    assert_eq!(found("seen<2h").len(), 11);
    assert_eq!(found("seen>2h").len(), 0);
    assert_eq!(found("seen>30m cause:drift"), ["05"]);
    assert_eq!(found("!seen<1d cause:purge"), ["15", "23"]);
}

#[test]
fn a_fuzzy_word_finds_letters_in_their_order_the_best_first() {
    assert_eq!(found("~rtmelo"), ["09"]);
    assert_eq!(found("~gbml"), ["13"]);
    assert_eq!(found("~téomar"), ["16"]);
    assert_eq!(found("~anal"), ["11"]);
    assert!(found("~lemor").is_empty(), "in another order it is none");
}

#[test]
fn groups_come_by_their_size() {
    let run = sample::run();
    let of = |column: Column| {
        let wanted = Wanted { group: Some(column), ..Wanted::default() };
        let lines = lines(&run.reconciliation, &wanted).into_iter();
        let groups = lines.filter_map(|line| match line {
            Line::Group(name, count) => Some(format!("{name} {count}")),
            Line::Finding(_) => None,
        });
        groups.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(of(Column::Model), "EG8145X6 7, - 5, HG8145V5 4");
    assert_eq!(of(Column::Extra("OLT".to_owned())), "OLT-CENTRO 11, - 5");
    assert_eq!(of(Column::Extra("região".to_owned())), "Norte 10, - 6");
    assert_eq!(column::olt(&run.reconciliation), Some("OLT"));
}

#[test]
fn no_column_with_personal_data_is_offered_or_found() {
    let mut run = sample::run();
    run.reconciliation.provider.extra_columns = vec!["telefone".into()];
    assert_eq!(column::extras(&run.reconciliation), ["OLT"]);
    let wanted = Wanted { filter: "telefone:norte".to_owned(), ..Wanted::default() };
    assert!(lines(&run.reconciliation, &wanted).is_empty());
    let wanted = Wanted { filter: "norte".to_owned(), ..Wanted::default() };
    assert!(lines(&run.reconciliation, &wanted).is_empty());
}

#[test]
fn the_words_are_made_once_a_run_and_only_for_a_filter() {
    let run = sample::run();
    let wanted = Wanted::default();
    let _ = lines(&run.reconciliation, &wanted);
    assert_eq!(format!("{:?}", wanted.index), "Index { rows: None }");
    let warm = Wanted { warm: true, ..wanted };
    let _ = lines(&run.reconciliation, &warm);
    assert_eq!(format!("{:?}", warm.index), "Index { rows: Some(16) }");
}
