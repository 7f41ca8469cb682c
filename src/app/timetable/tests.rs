//! Tables: zones, clocks set forward and back, missed runs, the window, jitter.

use super::*;
use crate::app::testing::network_settings;

fn at(text: &str) -> Timestamp {
    let seconds = if text.matches(':').count() == 1 { ":00" } else { "" };
    format!("{}{seconds}Z", text.trim_end_matches('Z')).parse().unwrap()
}

const SP: &str = "America/Sao_Paulo";

fn table(zone: &str, times: &str, avoided: &str) -> Timetable {
    let schedule: crate::config::Schedule = times.parse().unwrap();
    Timetable {
        times: schedule.times().collect(),
        zone: TimeZone::get(zone).unwrap(),
        avoided: avoided.parse().unwrap(),
        jitter: SignedDuration::ZERO,
    }
}

/// `Zone times now last next`, in UTC: when the next run begins.
fn assert_rows(avoided: &str, rows: &[&str]) {
    for row in rows {
        let words: Vec<&str> = row.split(' ').collect();
        let [zone, times, now, last, next] = words[..] else { panic!("{row}") };
        let last = (last != "never").then(|| at(last));
        assert_eq!(table(zone, times, avoided).next_run(at(now), last), at(next), "{row}");
    }
}

#[test]
fn a_run_is_due_once_a_day_in_its_own_zone() {
    assert_rows(
        "02:00-06:00",
        &[
            // Before, at and after its time; one that was made is not made again.
            "America/Sao_Paulo 07:00 2026-11-26T09:59:59 2026-11-25T10:00 2026-11-26T10:00",
            "America/Sao_Paulo 07:00 2026-11-26T10:00 2026-11-25T10:00 2026-11-26T10:00",
            "America/Sao_Paulo 07:00 2026-11-26T10:00:01 2026-11-26T10:00 2026-11-27T10:00",
            "America/Sao_Paulo 07:00 2026-11-26T18:00 2026-11-26T10:03 2026-11-27T10:00",
            // Another zone, and one at the other end of the date.
            "America/Rio_Branco 07:00 2026-11-26T11:00 2026-11-25T12:00 2026-11-26T12:00",
            "Pacific/Kiritimati 07:00 2026-11-26T17:00 2026-11-25T17:00 2026-11-26T17:00",
            // Several times a day.
            "America/Sao_Paulo 07:00,19:00 2026-11-26T12:00 2026-11-26T10:00 2026-11-26T22:00",
            "America/Sao_Paulo 07:00,19:00 2026-11-26T22:00 2026-11-26T10:00 2026-11-26T22:00",
        ],
    );
}

#[test]
fn a_time_that_is_not_there_runs_at_the_next_that_is_and_one_that_is_twice_runs_once() {
    // 2018-11-04 00:00 did not exist in Sao Paulo; 2018-02-17 23:00 came twice.
    // 2026-03-29 01:00 to 02:00 is not there in Lisbon; 2026-10-25 01:00 to 02:00 comes twice.
    assert_rows(
        "12:00-12:01",
        &[
            "America/Sao_Paulo 00:00 2018-11-04T02:59 2018-11-03T03:00 2018-11-04T03:00",
            "America/Sao_Paulo 00:30 2018-11-04T02:59 2018-11-03T03:30 2018-11-04T03:00",
            "America/Sao_Paulo 00:30 2018-11-04T03:00 2018-11-04T03:00 2018-11-05T02:30",
            "America/Sao_Paulo 23:30 2018-02-18T01:29 2018-02-17T01:30 2018-02-18T01:30",
            "America/Sao_Paulo 23:30 2018-02-18T02:30 2018-02-18T01:30 2018-02-19T02:30",
            "Europe/Lisbon 01:30 2026-03-29T00:59 2026-03-28T01:30 2026-03-29T01:00",
            "Europe/Lisbon 01:30 2026-03-29T01:00 2026-03-29T01:00 2026-03-30T00:30",
            "Europe/Lisbon 01:30 2026-10-25T00:29 2026-10-24T00:30 2026-10-25T00:30",
            "Europe/Lisbon 01:30 2026-10-25T01:30 2026-10-25T00:30 2026-10-26T01:30",
            // The day has 23 or 25 hours; the time on the wall stays.
            "America/Sao_Paulo 07:00 2018-11-04T03:00 2018-11-03T10:00 2018-11-04T09:00",
            "Europe/Lisbon 07:00 2026-10-25T05:00 2026-10-24T06:00 2026-10-25T07:00",
        ],
    );
}

#[test]
fn a_missed_run_is_made_once_and_not_while_the_systems_synchronise() {
    assert_rows(
        "02:00-06:00",
        &[
            // Never before; down over one time, and over a week.
            "America/Sao_Paulo 07:00 2026-11-26T18:00 never 2026-11-26T18:00",
            "America/Sao_Paulo 07:00 2026-11-26T18:00 2026-11-25T10:00 2026-11-26T18:00",
            "America/Sao_Paulo 07:00 2026-11-26T18:00 2026-11-19T10:00 2026-11-26T18:00",
            "America/Sao_Paulo 07:00 2026-11-26T18:00:09 2026-11-26T18:00 2026-11-27T10:00",
            // Back inside the window (02:00 to 06:00 is 05:00Z to 09:00Z), and at its end.
            "America/Sao_Paulo 07:00 2026-11-26T06:00 2026-11-19T10:00 2026-11-26T09:00",
            "America/Sao_Paulo 07:00 2026-11-26T09:00 2026-11-19T10:00 2026-11-26T09:00",
            "America/Sao_Paulo 07:00 2026-11-26T04:59 2026-11-19T10:00 2026-11-26T04:59",
        ],
    );
    // A window over midnight, on both sides of it.
    assert_rows(
        "22:00-02:00",
        &[
            "America/Sao_Paulo 07:00 2026-11-27T02:00 never 2026-11-27T05:00",
            "America/Sao_Paulo 07:00 2026-11-27T04:00 never 2026-11-27T05:00",
        ],
    );
}

#[test]
fn clocks_that_are_set_make_no_second_run_and_stop_none_for_long() {
    assert_rows(
        "02:00-06:00",
        &[
            // Set back by half an hour after the run, and by so much that its time comes again.
            "America/Sao_Paulo 07:00 2026-11-26T09:40 2026-11-26T10:05 2026-11-26T10:00",
            "America/Sao_Paulo 07:00 2026-11-26T10:00 2026-11-26T10:05 2026-11-27T10:00",
            // The last run is of a clock that was ten days ahead: nobody waits for that day.
            "America/Sao_Paulo 07:00 2026-11-26T12:00 2026-12-06T10:00 2026-11-26T12:00",
            // Set forward over its time.
            "America/Sao_Paulo 07:00 2026-11-26T13:00 2026-11-25T10:00 2026-11-26T13:00",
            // The profile moved to another zone after the run of that day.
            "Europe/Lisbon 07:00 2026-11-26T10:30 2026-11-26T10:00 2026-11-27T07:00",
        ],
    );
}

#[test]
fn jitter_is_bounded_the_same_each_day_and_another_elsewhere() {
    let most = SignedDuration::from_secs(300);
    let drawn: Vec<SignedDuration> =
        (0..100).map(|n| jitter(&format!("prod\0host{n}"), most)).collect();
    assert!(drawn.iter().all(|j| !j.is_negative() && *j <= most));
    assert_eq!(drawn[3], jitter("prod\0host3", most));
    let mut apart = drawn.clone();
    apart.sort();
    apart.dedup();
    assert!(apart.len() > 50, "{apart:?}");
    assert_eq!(jitter("prod", SignedDuration::ZERO), SignedDuration::ZERO);

    // It moves the beginning, neither the day nor what counts as done; and never into the window.
    let table = Timetable { jitter: most, ..table(SP, "07:00", "02:00-06:00") };
    let (seven, begins) = (at("2026-11-26T10:00:00Z"), at("2026-11-26T10:05:00Z"));
    let yesterday = Some(at("2026-11-25T10:05:00Z"));
    assert_eq!(table.next_run(at("2026-11-26T09:00:00Z"), yesterday), begins);
    assert_eq!(table.next_run(seven, yesterday), begins);
    assert_eq!(table.next_run(begins, yesterday), begins);
    assert_eq!(table.next_run(begins, Some(begins)), at("2026-11-27T10:05:00Z"));
    let late = Timetable { jitter: most, ..self::table(SP, "01:58", "02:00-06:00") };
    assert_eq!(late.next_run(at("2026-11-26T04:00:00Z"), yesterday), at("2026-11-26T09:00:00Z"));
}

#[test]
fn times_closer_together_than_the_jitter_have_a_run_each() {
    let most = SignedDuration::from_mins(40);
    let table = Timetable { jitter: most, ..table(SP, "07:00", "02:00-06:00") };
    let table = Timetable {
        times: vec![jiff::civil::time(7, 0, 0, 0), jiff::civil::time(7, 30, 0, 0)],
        ..table
    };
    let yesterday = Some(at("2026-11-25T11:10:00Z"));
    let first = at("2026-11-26T10:40:00Z");
    assert_eq!(table.next_run(at("2026-11-26T10:30:00Z"), yesterday), first);
    assert_eq!(table.next_run(first, yesterday), first);
    assert_eq!(table.next_run(first, Some(first)), at("2026-11-26T11:10:00Z"));
}

#[test]
fn the_shipped_time_inside_a_window_of_ones_own_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let settings = network_settings(folder.path(), "good.test", "");
    let table = Timetable::of(&settings, "jump").unwrap();
    assert_eq!(table.times, [jiff::civil::time(7, 0, 0, 0)]);
    let mut settings = settings;
    settings.guard.sync_window = "00:00-08:00".parse().unwrap();
    let error = Timetable::of(&settings, "jump").unwrap_err();
    assert_eq!(error.exit(), 2);
    assert!(error.to_string().contains("07:00"), "{error}");
}
