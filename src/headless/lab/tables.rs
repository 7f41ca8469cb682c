//! What `lab score` counted, as tables and as one JSON document.
//!
//! Must not do: count.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::headless::lab::judge::{Misjudged, OfCause, SCORE_PARTS, Tally, share};
use crate::headless::report::{self, Page, Style};

/// Misjudged records that text tells one by one.
const TOLD_MOST: usize = 40;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    accuracy: f64,
    proven_wrong: u64,
    balanced: bool,
    per_cause: BTreeMap<&'static str, PerCause>,
    confusion: Vec<Confused>,
    runs: u64,
    devices: u64,
    right: u64,
    calibration: Vec<Calibrated>,
    misjudged: &'a [Misjudged],
}

#[derive(Serialize)]
struct PerCause {
    truth: u64,
    said: u64,
    right: u64,
    precision: f64,
    recall: f64,
}

#[derive(Serialize)]
struct Confused {
    truth: &'static str,
    said: &'static str,
    count: u64,
}

#[derive(Serialize)]
struct Calibrated {
    from: f64,
    to: f64,
    strength: &'static str,
    said: u64,
    right: u64,
}

impl PerCause {
    fn of(n: &OfCause) -> Self {
        let OfCause { truly, said, right } = *n;
        let (precision, recall) = (share(right, said), share(right, truly));
        Self { truth: truly, said, right, precision, recall }
    }
}

/// One document and a line end.
///
/// # Errors
/// Where `out` fails.
pub fn json(tally: &Tally, out: &mut dyn Write) -> io::Result<()> {
    let confusion = tally.confusion.iter();
    let document = Document {
        schema: 1,
        accuracy: tally.accuracy(),
        proven_wrong: tally.proven_wrong,
        balanced: tally.balanced(),
        per_cause: tally.causes.iter().map(|(cause, n)| (*cause, PerCause::of(n))).collect(),
        confusion: confusion
            .map(|(&(truth, said), &count)| Confused { truth, said, count })
            .collect(),
        runs: tally.runs,
        devices: tally.of,
        right: tally.right,
        calibration: calibration(tally),
        misjudged: &tally.misjudged,
    };
    report::write_line(&document, out)
}

#[allow(clippy::cast_precision_loss)] // a handful of parts
fn calibration(tally: &Tally) -> Vec<Calibrated> {
    let edge = |n: usize| n as f64 / SCORE_PARTS as f64;
    let inferred = tally.inferred.iter().enumerate().map(|(n, &(right, said))| Calibrated {
        from: edge(n),
        to: edge(n + 1),
        strength: "inferred",
        said,
        right,
    });
    let (right, said) = tally.proven;
    let proven = Calibrated { from: 1.0, to: 1.0, strength: "proven", said, right };
    inferred.chain([proven]).filter(|c| c.said > 0).collect()
}

/// The verdict, then every table.
///
/// # Errors
/// Where `out` fails.
pub fn text(
    tally: &Tally,
    (bar, passed, one_by_one): (f64, bool, bool),
    width: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let page = &mut Page::new(out, width, false);
    page.say(
        Style::Plain,
        &format!(
            "accuracy {}: {} of {} in {} runs (bar {})",
            percent(tally.accuracy()),
            tally.right,
            tally.of,
            tally.runs,
            percent(bar)
        ),
    )?;
    page.say(Style::Plain, &format!("proven wrong: {} (bar 0)", tally.proven_wrong))?;
    page.say(
        Style::Plain,
        &match tally.unbalanced {
            0 => "balanced: every ledger".to_owned(),
            n => format!("not balanced: the ledgers of {n} runs"),
        },
    )?;
    page.say(Style::Plain, if passed { "every bar is reached" } else { "A BAR IS MISSED" })?;
    page.heading("Per cause")?;
    let rows = tally.causes.iter().map(|(cause, n)| {
        let n = PerCause::of(n);
        let counts = [n.truth, n.said, n.right].map(|n| n.to_string());
        let mut row = vec![(*cause).to_owned()];
        row.extend(counts);
        row.extend([percent(n.precision), percent(n.recall)]);
        row
    });
    page.table(&["cause", "truth", "said", "right", "precision", "recall"], rows.collect())?;
    page.heading("Confusion")?;
    let rows = tally.confusion.iter().map(|((truth, said), n)| {
        let mark = if truth == said { "" } else { "wrong" };
        vec![(*truth).to_owned(), (*said).to_owned(), n.to_string(), mark.to_owned()]
    });
    page.table(&["truth", "said", "count", ""], rows.collect())?;
    page.heading("Calibration")?;
    let rows = calibration(tally).into_iter().map(|c| {
        let score = format!("{:.1} to {:.1}", c.from, c.to);
        let right = percent(share(c.right, c.said));
        vec![c.strength.to_owned(), score, c.said.to_string(), right]
    });
    page.table(&["strength", "score", "said", "right"], rows.collect())?;
    if one_by_one && !tally.misjudged.is_empty() {
        page.heading("Misjudged")?;
        let rows = tally.misjudged.iter().take(TOLD_MOST).map(|m| {
            let said = if m.proven { format!("{}, proven", m.said) } else { m.said.to_owned() };
            let key = crate::domain::text::visible(&m.key);
            vec![m.seed.to_string(), m.day.clone(), key, m.truth.to_owned(), said]
        });
        page.wide_table(&["seed", "day", "record", "truth", "said"], rows.collect())?;
    }
    Ok(())
}

/// Rounded down: 98.999 % is no 99 %.
fn percent(share: f64) -> String {
    format!("{:.2} %", (share * 10_000.0).floor() / 100.0)
}
