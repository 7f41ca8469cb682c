//! Every value has words in both languages, and no sentence keeps a placeholder.

use super::*;
use crate::domain::{Side, Untrusted};
use crate::engine::{
    Cause, Change, Evidence, EvidenceKind, Field, Fix, Projected, Projection, Reason, ResolvedHow,
    State, Strength, Warning, WarningCode,
};

const LANGS: [Lang; 2] = [Lang::En, Lang::PtBr];

fn check(text: &str) {
    assert!(!text.trim().is_empty());
    assert!(!text.contains(['{', '}']), "{text}");
    assert!(!text.contains("  "), "{text}");
}

fn sentence(text: &str) {
    check(text);
    assert!(text.ends_with(['.', '?']), "{text}");
    assert!(text.chars().next().is_some_and(|c| !c.is_lowercase()), "{text}");
}

#[test]
fn every_cause_has_all_its_words() {
    for voice in LANGS.map(Voice::new) {
        for &cause in Cause::ALL {
            check(cause_title(&voice, cause));
            assert!(cause_title(&voice, cause).chars().count() <= 34, "fits the ledger: {cause:?}");
            for text in [cause_meaning(&voice, cause), cause_todo(&voice, cause)] {
                check(text);
            }
            for n in [0, 1, 2, 12_480] {
                let text = cause_sentence(&voice, cause, n);
                sentence(&text);
                assert!(text.contains(&voice.number(n)), "{text}");
            }
        }
    }
}

#[test]
fn every_evidence_has_a_sentence_full_or_empty() {
    for voice in LANGS.map(Voice::new) {
        for &kind in EvidenceKind::ALL {
            sentence(&evidence(&voice, &Evidence::new(kind)));
            let at: jiff::Timestamp = "2026-11-18T09:00:00Z".parse().unwrap();
            let full = Evidence::new(kind)
                .at(at)
                .until(at)
                .a(Untrusted::new("A\x1b[31m\u{202e}"))
                .b(Untrusted::new("B\n"))
                .n(2);
            let text = evidence(&voice, &full);
            assert!(text.ends_with('.') && !text.replace("\\u{202e}", "").contains('{'), "{text}");
            assert!(!text.contains(|c: char| c.is_control() || c == '\u{202e}'), "{text:?}");
        }
    }
}

#[test]
fn the_two_languages_differ_and_carry_the_same_values() {
    let [en, pt] = LANGS.map(Voice::new);
    for &kind in EvidenceKind::ALL {
        let fact = Evidence::new(kind)
            .at("2026-11-18T09:00:00Z".parse::<jiff::Timestamp>().unwrap())
            .until("2026-11-19T10:00:00Z".parse::<jiff::Timestamp>().unwrap())
            .a(Untrusted::new("<a>"))
            .b(Untrusted::new("<b>"))
            .n(77);
        let (one, other) = (evidence(&en, &fact), evidence(&pt, &fact));
        assert_ne!(one, other);
        for slot in ["11-18", "11-19", "<a>", "<b>", "77"] {
            assert_eq!(
                one.contains(slot),
                other.contains(slot),
                "{kind:?} {slot}: {one} / {other}"
            );
        }
    }
}

#[test]
fn every_name_is_there() {
    for voice in LANGS.map(Voice::new) {
        let v = &voice;
        for &f in Fix::ALL {
            sentence(fix_how(v, f));
        }
        for &r in Reason::ALL {
            check(reason_name(v, r));
        }
        for &c in Change::ALL {
            check(&change_count(v, c, 2));
        }
        for &s in Strength::ALL {
            check(&strength_count(v, s, 1));
        }
        for &f in Field::ALL {
            check(field_name(v, f));
        }
        for &s in State::ALL {
            check(state_name(v, s));
        }
        for &s in Strength::ALL {
            check(strength_name(v, s));
        }
        for &h in ResolvedHow::ALL {
            check(resolved_how(v, h));
        }
        for code in ["P", "A", "I", "N", "D", "CM", "CA", "FA", "AA", "??"] {
            check(&contract_status(v, &Untrusted::new(code)));
        }
    }
}

#[test]
fn every_projection_and_warning_is_a_sentence() {
    for voice in LANGS.map(Voice::new) {
        for &step in Projected::ALL {
            for (devices, provider_least) in [(0, 10), (1, 10), (6, 4)] {
                let of = Projection {
                    step,
                    acs: 16,
                    provider: 10,
                    provider_least,
                    devices,
                    active_logins: 2,
                };
                sentence(&projection(&voice, &of));
            }
        }
        for &code in WarningCode::ALL {
            for side in [None, Some(Side::Acs)] {
                sentence(&warning(&voice, &Warning { side, ..Warning::new(code) }));
                let full = Warning { n: Some(3), side, ..Warning::new(code) };
                sentence(&warning(&voice, &full));
            }
        }
        let remark =
            Warning { text: Some("a\x1bb".into()), ..Warning::new(WarningCode::ValueUnparsed) };
        assert_eq!(warning(&voice, &remark), "a\\x1bb");
    }
}

#[test]
fn a_range_is_said_as_a_range() {
    let of = Projection {
        step: Projected::ProviderSynchronises,
        acs: 16,
        provider: 10,
        provider_least: 8,
        devices: 2,
        active_logins: 1,
    };
    let text = projection(&Voice::new(Lang::En), &of);
    assert!(text.contains("Provider 8 to 10, gap +6 to +8"), "{text}");
}
