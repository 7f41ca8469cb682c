//! The message to somebody who is told that something got worse: as text, and as JSON for a hook.
//!
//! Must not do: show a device or a person; only counts, times and what to do.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::app::Run;
use crate::app::notice::Reason;
use crate::domain::subscriber::scrub;
use crate::domain::text::visible;
use crate::headless::report::summary;
use crate::words::{Voice, notice_reason, notice_title};

/// What a failed run says of itself at most.
const FAILURE_CHARS_MAX: usize = 4000;

/// What is told.
#[derive(Debug)]
pub struct Notice<'a> {
    /// The profile.
    pub profile: &'a str,
    /// The exit code.
    pub exit: u8,
    /// What got worse.
    pub reasons: &'a [Reason],
    /// The report, where there is one.
    pub run: Option<&'a Run>,
    /// Why there is none: what happened, and what to do.
    pub failure: &'a str,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    /// All of it, under the name that chats know.
    text: &'a str,
    profile: &'a str,
    exit: u8,
    run_id: Option<&'a str>,
    reasons: Vec<ReasonDocument>,
    summary: String,
    counts: Option<Counts>,
    causes: BTreeMap<&'static str, u64>,
}

#[derive(Serialize)]
struct ReasonDocument {
    code: &'static str,
    text: String,
}

#[derive(Serialize)]
struct Counts {
    acs: u64,
    provider: u64,
    matched: u64,
    gap: i64,
    findings: usize,
}

impl Notice<'_> {
    /// For a mail: what got worse, then the summary or why there is none.
    #[must_use]
    pub fn text(&self, voice: &Voice) -> String {
        let mut lines = vec![notice_title(voice, self.profile, self.exit)];
        lines.extend(
            self.reasons.iter().map(|reason| format!("* {}", notice_reason(voice, reason))),
        );
        lines.push(String::new());
        lines.push(self.summary(voice));
        lines.push(String::new());
        lines.join("\n")
    }

    /// For a hook; chats show its `text`.
    #[must_use]
    pub fn json(&self, voice: &Voice) -> Vec<u8> {
        let text = self.text(voice);
        let all = self.run.map(|run| &run.reconciliation);
        let mut causes = BTreeMap::new();
        for finding in all.into_iter().flat_map(|all| &all.findings) {
            *causes.entry(finding.cause.wire()).or_default() += 1;
        }
        let reason = |reason: &Reason| ReasonDocument {
            code: reason.code(),
            text: notice_reason(voice, reason),
        };
        let document = Document {
            schema: 1,
            text: &text,
            profile: self.profile,
            exit: self.exit,
            run_id: self.run.map(|run| run.id.as_str()),
            reasons: self.reasons.iter().map(reason).collect(),
            summary: self.summary(voice),
            counts: all.map(|all| Counts {
                acs: all.acs.devices,
                provider: all.provider.devices,
                matched: all.matched,
                gap: signed(all.acs.devices) - signed(all.provider.devices),
                findings: all.findings.len(),
            }),
            causes,
        };
        // Strings and numbers alone: nothing in it can fail.
        serde_json::to_vec(&document).unwrap_or_default()
    }

    fn summary(&self, voice: &Voice) -> String {
        if let Some(run) = self.run {
            return summary::lines(run, voice).join("\n");
        }
        let lines: Vec<String> = self.failure.lines().map(|line| whole(&scrub(line))).collect();
        lines.join("\n").chars().take(FAILURE_CHARS_MAX).collect()
    }
}

/// Visible escapes without the cap on a device's value.
fn whole(line: &str) -> String {
    let chars: Vec<char> = line.chars().collect();
    let most = crate::domain::text::SHOWN_CHARS_MAX;
    chars.chunks(most).map(|part| visible(&part.iter().collect::<String>())).collect()
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::sample;
    use crate::domain::Untrusted;
    use crate::engine::Cause;
    use crate::words::Lang;

    #[test]
    fn a_message_holds_the_summary_and_no_device() {
        let run = sample::run();
        let reasons = [Reason::NewFindings(vec![(Cause::NeverSeen, 2)])];
        let notice =
            Notice { profile: "prod", exit: 3, reasons: &reasons, run: Some(&run), failure: "" };
        for lang in [Lang::En, Lang::PtBr] {
            let voice = Voice::new(lang);
            let text = notice.text(&voice);
            for line in summary::lines(&run, &voice) {
                assert!(text.contains(&line), "{line}\n{text}");
            }
            let json: serde_json::Value = serde_json::from_slice(&notice.json(&voice)).unwrap();
            assert_eq!(json["text"].as_str(), Some(text.as_str()));
            assert_eq!(json["reasons"][0]["code"], "new-findings");
            assert_eq!(json["counts"]["findings"], run.reconciliation.findings.len());
            assert_eq!(json["run_id"], run.id);
            for finding in &run.reconciliation.findings {
                let serials = finding.acs.iter().filter_map(|d| d.serial.as_ref());
                for serial in serials.map(Untrusted::raw).filter(|s| s.len() > 6) {
                    assert!(!text.contains(serial), "{serial}: {text}");
                }
            }
        }
    }

    #[test]
    fn a_failure_is_told_in_its_own_words_made_safe() {
        let failure = "Provider: refused \x1b[2J 123.456.789-00\nlook at the token";
        let notice = Notice { profile: "prod", exit: 7, reasons: &[], run: None, failure };
        let text = notice.text(&Voice::new(Lang::En));
        assert!(text.contains("\\x1b[2J") && text.contains("look at the token"), "{text}");
        assert!(!text.contains("123.456.789-00") && !text.contains('\x1b'), "{text}");
        let json: serde_json::Value =
            serde_json::from_slice(&notice.json(&Voice::new(Lang::En))).unwrap();
        assert_eq!((&json["run_id"], &json["exit"]), (&serde_json::Value::Null, &7.into()));
    }
}
