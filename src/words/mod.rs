//! Everything acerto says, in English and in Brazilian Portuguese, in one static catalogue.
//!
//! Each message carries both languages in one macro call: one that lacks a translation, or
//! names a value that does not exist, does not compile. Must not do: decide anything, or
//! show a device's string other than through `Untrusted`.

mod applies;
mod backups;
mod causes;
mod doctor;
mod evidence;
mod fixes;
mod guards;
mod listen;
mod names;
mod notices;
mod plans;
mod projections;
mod search;
mod since;
mod speed;
mod voice;
mod warnings;
mod wizard;

pub use applies::{apply_after, apply_reasons, apply_said, step_line, step_state};
pub use backups::{drilled, rotated};
pub use causes::{cause_meaning, cause_sentence, cause_title, cause_todo};
pub use doctor::{check_fix, check_text, doctor_heading, doctor_summary};
pub use evidence::{drift, evidence};
pub use fixes::{fix_how, fix_name};
pub use guards::{guard_reason, skipped_why};
pub use listen::{listen_ended, listen_ready, listen_unknown};
pub use names::{
    change_count, contract_status, field_name, reason_name, resolved_how, side_name, state_name,
    strength_count, strength_name,
};
pub use notices::{exit_meaning, notice_reason, notice_title};
pub use plans::{step_call, step_cause, step_fix, step_target, step_undo, step_was, step_what};
pub use projections::projection;
pub use search::{
    matched_name, search_acs, search_count, search_heading, search_nothing, search_person,
    search_provider, search_remark, search_remark_wire,
};
pub use since::since_sum;
pub use speed::{
    direction_name, rate, speed_contract, speed_ended, speed_line, speed_measured, speed_missing,
    speed_other, speed_rehearsed, speed_said, speed_verdict,
};
pub use voice::{Lang, Voice};
pub use warnings::{integration_checklist, warning, warning_lead};
pub use wizard::{
    Ask, Fault, Remark, wizard_ask, wizard_fault, wizard_given_up, wizard_no_answer, wizard_remark,
};

/// A fixed text in both languages.
macro_rules! word {
    ($voice:expr, en: $en:literal, pt: $pt:literal $(,)?) => {
        match $voice.lang {
            $crate::words::Lang::En => $en,
            $crate::words::Lang::PtBr => $pt,
        }
    };
}

/// A sentence in both languages; `{name}` takes a variable in scope.
macro_rules! say {
    ($voice:expr, en: $en:literal, pt: $pt:literal $(,)?) => {
        match $voice.lang {
            $crate::words::Lang::En => format!($en),
            $crate::words::Lang::PtBr => format!($pt),
        }
    };
}

/// A sentence in both languages and both numbers, chosen by a count.
macro_rules! plural {
    ($voice:expr, $count:expr,
     en: [$en_one:literal, $en_many:literal], pt: [$pt_one:literal, $pt_many:literal] $(,)?) => {
        match ($voice.lang, $voice.is_one($count)) {
            ($crate::words::Lang::En, true) => format!($en_one),
            ($crate::words::Lang::En, false) => format!($en_many),
            ($crate::words::Lang::PtBr, true) => format!($pt_one),
            ($crate::words::Lang::PtBr, false) => format!($pt_many),
        }
    };
}

/// A table of fixed texts, one row a variant: an exhaustive `match`.
macro_rules! labels {
    ($(#[$doc:meta])* $name:ident($enum:ident) {
        $($variant:ident => { en: $en:literal, pt: $pt:literal $(,)? })*
    }) => {
        $(#[$doc])*
        #[must_use]
        pub fn $name(voice: &$crate::words::Voice, of: $enum) -> &'static str {
            match of {
                $($enum::$variant => {
                    $crate::words::word!(voice, en: $en, pt: $pt)
                })*
            }
        }
    };
}

/// A table of sentences, one row a variant: an exhaustive `match`. The values are
/// passed in the order in which the table names them.
macro_rules! sentences {
    ($(#[$doc:meta])* $name:ident($enum:ident; $($value:ident),*) {
        $($variant:ident => { en: $en:literal, pt: $pt:literal $(,)? })*
    }) => {
        $(#[$doc])*
        fn $name(
            voice: &$crate::words::Voice,
            of: $enum,
            values: [&dyn std::fmt::Display; [$(stringify!($value)),*].len()],
        ) -> String {
            let [$($value),*] = values;
            match of {
                $($enum::$variant => {
                    $crate::words::say!(voice, en: $en, pt: $pt)
                })*
            }
        }
    };
}

/// A table of sentences with a count, one row a variant: an exhaustive `match`.
macro_rules! counted {
    ($(#[$doc:meta])* $name:ident($enum:ident; $n:ident) {
        $($variant:ident => {
            en: [$en_one:literal, $en_many:literal], pt: [$pt_one:literal, $pt_many:literal]
            $(,)?
        })*
    }) => {
        $(#[$doc])*
        #[must_use]
        pub fn $name(voice: &$crate::words::Voice, of: $enum, count: u64) -> String {
            let $n = voice.number(count);
            match of {
                $($enum::$variant => $crate::words::plural!(voice, count,
                    en: [$en_one, $en_many], pt: [$pt_one, $pt_many]),)*
            }
        }
    };
}

pub(crate) use {counted, labels, plural, say, sentences, word};

#[cfg(test)]
mod tests;
