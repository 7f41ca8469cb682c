//! A device's speed as text and as JSON: measured beside contracted.
//!
//! Must not do: look anything up or judge; a use-case has.

use std::io::{self, Write};

use serde::Serialize;

use crate::app::speed_test::chart::sparkline;
use crate::app::speed_test::{Speed, SpeedTest, is_measured};
use crate::domain::{Direction, Measure, Untrusted};
use crate::engine::speed::{Grade, Verdict};
use crate::headless::report::document::SCHEMA;
use crate::headless::report::layout::{Page, Style};
use crate::headless::report::wire::Time;
use crate::words::{
    Voice, direction_name, say, speed_contract, speed_line, speed_measured, speed_missing,
    speed_other, speed_verdict, word,
};

/// Tests that text lists; JSON has all that are kept.
const LISTED: usize = 10;
/// Figures of a chart.
const CHARTED: usize = 40;

/// The JSON of `speedtest` (CLI.md section 1).
#[derive(Debug, Serialize)]
pub struct SpeedDocument<'a> {
    schema: u32,
    key: &'a str,
    device: DeviceDocument<'a>,
    contracted: ContractDocument<'a>,
    last: Option<TestDocument<'a>>,
    history: Vec<TestDocument<'a>>,
    verdict: VerdictDocument,
    missing: Vec<&'static str>,
    /// Of `--start`: how it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct DeviceDocument<'a> {
    id: Option<&'a str>,
    serial: Option<&'a str>,
    model: Option<&'a str>,
    login: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct ContractDocument<'a> {
    down_kbps: Option<u64>,
    up_kbps: Option<u64>,
    plan: Option<&'a str>,
    /// The number in the plan's name.
    sold_down_kbps: Option<u64>,
    sold_up_kbps: Option<u64>,
    /// The most that the model can test.
    ceiling_kbps: Option<u64>,
}

#[derive(Debug, Serialize)]
struct TestDocument<'a> {
    id: &'a str,
    at: Time,
    by: Option<&'a str>,
    state: &'static str,
    why: Option<&'a str>,
    down: Option<MeasureDocument>,
    up: Option<MeasureDocument>,
}

#[derive(Debug, Serialize)]
struct MeasureDocument {
    kbps: u64,
    bytes: Option<u64>,
    other_bytes: Option<u64>,
    ended: Time,
}

#[derive(Debug, Serialize)]
struct VerdictDocument {
    down: Option<OneVerdict>,
    up: Option<OneVerdict>,
}

#[derive(Debug, Serialize)]
struct OneVerdict {
    grade: &'static str,
    ratio: f64,
    of_kbps: u64,
    bound: &'static str,
}

impl OneVerdict {
    fn of(verdict: Verdict) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a ratio of rates")]
        let ratio = verdict.permille as f64 / 1000.0;
        let (grade, bound) = (verdict.grade.wire(), verdict.bound.wire());
        Self { grade, ratio, of_kbps: verdict.of_kbps, bound }
    }
}

impl<'a> TestDocument<'a> {
    fn of(test: &'a SpeedTest) -> Self {
        let measure = |measure: Option<Measure>| {
            let Measure { kbps, bytes, other_bytes, ended } = measure?;
            Some(MeasureDocument { kbps, bytes, other_bytes, ended: Time(ended) })
        };
        Self {
            id: &test.id,
            at: Time(test.at),
            by: test.by.as_deref(),
            state: test.state.wire(),
            why: test.why.as_deref(),
            down: measure(test.measured.down),
            up: measure(test.measured.up),
        }
    }
}

impl<'a> SpeedDocument<'a> {
    /// The document.
    #[must_use]
    pub fn of(key: &'a str, speed: &'a Speed, started: Option<&'static str>) -> Self {
        fn raw(value: Option<&Untrusted>) -> Option<&str> {
            value.map(Untrusted::raw)
        }
        let (acs, provider) = (speed.acs.as_ref(), speed.provider.as_ref());
        let login = acs.and_then(|d| d.pppoe_login.as_ref());
        let verdict = |way| speed.verdict(way).map(OneVerdict::of);
        Self {
            schema: SCHEMA,
            key,
            device: DeviceDocument {
                id: raw(acs.map(|d| &d.id)),
                serial: raw(acs
                    .and_then(|d| d.serial.as_ref())
                    .or(provider.and_then(|p| p.serial.as_ref()))),
                model: raw(acs.and_then(|d| d.model.as_ref())),
                login: raw(provider.and_then(|p| p.login.as_ref()).or(login)),
            },
            contracted: ContractDocument {
                down_kbps: speed.contract.profile.down,
                up_kbps: speed.contract.profile.up,
                plan: raw(speed.contract.plan.as_ref()),
                sold_down_kbps: speed.contract.sold.down,
                sold_up_kbps: speed.contract.sold.up,
                ceiling_kbps: speed.ceiling,
            },
            last: speed.last().map(TestDocument::of),
            history: speed.history.iter().map(TestDocument::of).collect(),
            verdict: VerdictDocument { down: verdict(Direction::Down), up: verdict(Direction::Up) },
            missing: speed.missing.iter().map(crate::app::speed_test::Missing::wire).collect(),
            started,
        }
    }
}

/// For a person, `width` columns wide; `blocks`: the terminal has block characters.
///
/// # Errors
/// Where `out` fails.
pub fn speed_text(
    key: &str,
    speed: &Speed,
    voice: &Voice,
    (width, color, blocks): (usize, bool, bool),
    out: &mut dyn Write,
) -> io::Result<()> {
    let page = &mut Page::new(out, width, color);
    page.say(Style::Heading, &format!("{}{}", Untrusted::new(key), named(speed)))?;
    let mut rows: Vec<(&str, String)> = Vec::new();
    if let Some(contract) = speed_contract(voice, speed) {
        rows.push((word!(voice, en: "Contracted", pt: "Contratado"), contract));
    }
    if let Some(last) = speed.last() {
        rows.push((word!(voice, en: "Measured", pt: "Medido"), measured(voice, speed, last)));
    }
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    for (name, text) in &rows {
        page.item(2, &format!("{name:width$}  "), text)?;
    }
    for way in Direction::BOTH {
        one_way(page, voice, speed, way)?;
    }
    for missing in &speed.missing {
        page.hang(Style::Attention, 2, "! ", &speed_missing(voice, missing))?;
    }
    history(page, voice, speed, blocks)
}

fn named(speed: &Speed) -> String {
    let acs = speed.acs.as_ref();
    let model = acs.and_then(|d| d.model.as_ref()).map(ToString::to_string);
    let login = speed.provider.as_ref().and_then(|p| p.login.as_ref());
    let login = login.or(acs.and_then(|d| d.pppoe_login.as_ref())).map(ToString::to_string);
    let known: Vec<String> = model.into_iter().chain(login).collect();
    if known.is_empty() { String::new() } else { format!("  {}", known.join("  ")) }
}

/// What, when, how long ago, and who asked for it.
fn measured(voice: &Voice, speed: &Speed, last: &SpeedTest) -> String {
    let ends = [last.measured.down, last.measured.up].into_iter().flatten().map(|m| m.ended);
    // A device's clock may be ahead: the test is not of the future.
    let ended = ends.max().unwrap_or(last.at).min(speed.now);
    let (what, at, age) =
        (speed_measured(voice, last), voice.time(ended), voice.age(ended, speed.now));
    match &last.by {
        Some(actor) => {
            let actor = Untrusted::new(actor);
            say!(voice, en: "{what}; {at} ({age} ago), started by {actor}",
                pt: "{what}; {at} (há {age}), iniciado por {actor}")
        }
        None => say!(voice, en: "{what}; {at} ({age} ago), not started here",
            pt: "{what}; {at} (há {age}), não iniciado aqui"),
    }
}

fn one_way(page: &mut Page<'_>, voice: &Voice, speed: &Speed, way: Direction) -> io::Result<()> {
    let Some(measure) = speed.measured(way) else { return Ok(()) };
    if let Some(verdict) = speed.verdict(way) {
        let style = match verdict.grade {
            Grade::AsSold => Style::Good,
            Grade::Below => Style::Attention,
            Grade::Poor => Style::Bad,
        };
        let name = direction_name(voice, way);
        let text = speed_verdict(voice, &verdict);
        page.hang(style, 2, &format!("{name}: "), &text)?;
    }
    match speed_other(voice, way, &measure) {
        Some(other) => page.item(2, "! ", &other),
        None => Ok(()),
    }
}

/// A chart of each direction, oldest first, and the newest tests.
fn history(page: &mut Page<'_>, voice: &Voice, speed: &Speed, blocks: bool) -> io::Result<()> {
    if speed.history.is_empty() {
        return Ok(());
    }
    page.heading(word!(voice, en: "History", pt: "Histórico"))?;
    for way in Direction::BOTH {
        let newest = speed.history.iter().filter_map(|test| *test.measured.of(way)).take(CHARTED);
        let mut values: Vec<u64> = newest.map(|measure| measure.kbps).collect();
        values.reverse();
        if values.len() > 1 {
            let name = direction_name(voice, way);
            page.item(2, &format!("{name:9} "), &sparkline(&values, blocks))?;
        }
    }
    for test in speed.history.iter().take(LISTED) {
        let marker = format!("{}  ", voice.time(test.at));
        page.item(2, &marker, &speed_line(voice, test))?;
    }
    let more = speed.history.len().saturating_sub(LISTED);
    if more > 0 {
        let measured = speed.history.iter().filter(|test| is_measured(test)).count();
        let (more, measured) = (voice.number(more as u64), voice.number(measured as u64));
        page.indented(
            2,
            &say!(voice, en: "and {more} earlier ones; {measured} have a result",
            pt: "e mais {more} antes; {measured} têm resultado"),
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::sample::{at, u};
    use crate::app::speed_test::{Ceilings, SpeedState};
    use crate::domain::{AcsDevice, ProviderRecord, Ways};
    use crate::words::Lang;

    fn test(hour: u32, by: Option<&str>, down: Option<u64>) -> SpeedTest {
        let ended = at(&format!("2026-11-20T{hour:02}:00:00Z"));
        let bytes = Some(100_000_000);
        let measure = |kbps| Measure { kbps, bytes, other_bytes: Some(9_000_000), ended };
        SpeedTest {
            id: format!("t{hour}"),
            device: u("a1"),
            at: ended,
            asked: None,
            by: by.map(str::to_owned),
            state: if down.is_some() { SpeedState::Done } else { SpeedState::Failed },
            why: down.is_none().then(|| "bytes:7:100000000".to_owned()),
            measured: Ways { down: down.map(measure), up: None },
            before: Ways::default(),
        }
    }

    fn speed() -> Speed {
        let acs = AcsDevice {
            id: u("a1"),
            serial: Some(u("HWTC00000001")),
            model: Some(u("HG8145V5\u{1b}[31m")),
            ..AcsDevice::default()
        };
        let provider = ProviderRecord {
            login: Some(u("ana.lima")),
            plan: Some(u("1 GIGA")),
            plan_down_kbps: Some(1_500_000),
            ..ProviderRecord::default()
        };
        let history = vec![
            test(11, Some("ana"), None),
            test(10, Some("ana"), Some(600_000)),
            test(9, None, Some(300_000)),
        ];
        let ceilings = Ceilings::from([("hg8145v5\u{1b}[31m".to_owned(), 700)]);
        let now = at("2026-11-20T13:00:00Z");
        Speed::known(Some(acs), Some(provider), history, &ceilings, now)
    }

    fn text(lang: Lang, blocks: bool) -> String {
        let mut out = Vec::new();
        let voice = Voice::new(lang);
        speed_text("hwtc-0000-0001", &speed(), &voice, (80, false, blocks), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_person_reads_measured_beside_contracted_and_what_bound_the_verdict() {
        let told = text(Lang::En, false);
        let wanted = "\
hwtc-0000-0001 HG8145V5\\x1b[31m ana.lima
  Contracted  download 1,000 Mbit/s (plan 1 GIGA); its profile is set as 1,500
              Mbit/s; this model tests 700 Mbit/s at most
  Measured    download 600 Mbit/s; 2026-11-20 10:00 UTC (3 h ago), started by
              ana
  download: 85 % of 700 Mbit/s (the most this model can test; the plan has
            more): as it was sold
  ! download: 9 MB went over the line beside the test: somebody was using it

History
  download  -#
  2026-11-20 11:00 UTC  speed test by ana: the device counted 7 bytes of a file
                        of 100,000,000: the result does not count
  2026-11-20 10:00 UTC  speed test by ana: download 600 Mbit/s
  2026-11-20 09:00 UTC  speed test, not started here: download 300 Mbit/s
";
        assert_eq!(told, wanted, "{told}");
        let pt = text(Lang::PtBr, true).split_whitespace().collect::<Vec<_>>().join(" ");
        for word in ["Contratado", "o plano tem mais", "▄█", "não iniciado aqui", "não vale"]
        {
            assert!(pt.contains(word), "{word}: {pt}");
        }
    }

    #[test]
    fn the_document_has_what_the_contract_names() {
        let speed = speed();
        let told = serde_json::to_value(SpeedDocument::of("k", &speed, Some("measured"))).unwrap();
        assert_eq!(told["schema"], 1);
        assert_eq!(told["contracted"]["down_kbps"], 1_500_000);
        assert_eq!(told["contracted"]["sold_down_kbps"], 1_000_000);
        assert_eq!(told["contracted"]["ceiling_kbps"], 700_000);
        assert_eq!(told["verdict"]["down"]["bound"], "model");
        assert_eq!(told["verdict"]["down"]["ratio"], 0.857);
        assert_eq!(told["verdict"]["up"], serde_json::Value::Null);
        assert_eq!(
            (&told["last"]["id"], &told["history"][0]["id"]),
            (&"t10".into(), &"t11".into())
        );
        assert_eq!(told["started"], "measured");
    }
}
