//! The two systems as one who writes: every change goes to the side that it is of.
//!
//! Must not do: decide whether to write.

use crate::app::collect::Sources;
use crate::domain::{AcsChange, AcsDevice, Change, ProviderChange, ProviderRecord, Side, Undo};
use crate::engine::plan::{Abilities, Record, Send};
use crate::ports::{
    Answer, Before, Effect, FetchError, FetchErrorKind, Outcome, Proposal, Seen, Writer,
};

type AcsWriter<'a> = &'a dyn Writer<Change = AcsChange, Record = AcsDevice>;
type ProviderWriter<'a> = &'a dyn Writer<Change = ProviderChange, Record = ProviderRecord>;

/// Both sides, to write to.
pub struct Systems<'a> {
    sources: &'a Sources,
}

impl<'a> Systems<'a> {
    /// Of the sources that are read.
    #[must_use]
    pub fn new(sources: &'a Sources) -> Self {
        Self { sources }
    }

    /// Where they are read.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        self.sources
    }

    fn acs(&self) -> Option<AcsWriter<'_>> {
        self.sources.acs.writer()
    }

    fn provider(&self) -> Option<ProviderWriter<'_>> {
        self.sources.provider.writer()
    }

    /// Looks at what a change is about.
    ///
    /// # Errors
    /// Where the side can't be asked.
    pub fn look(&self, change: &Change) -> Result<Seen, FetchError> {
        match change {
            Change::Acs(change) => self.acs().ok_or_else(by_hand)?.look(change),
            Change::Provider(change) => self.provider().ok_or_else(by_hand)?.look(change),
        }
    }

    /// How far what was seen is from what a change wants.
    #[must_use]
    pub fn judge(&self, change: &Change, before: Option<&Before>, seen: &Seen) -> Effect {
        let nobody = || Effect::Differs("this side can only be written to by hand".to_owned());
        match change {
            Change::Acs(c) => self.acs().map_or_else(nobody, |w| w.judge(c, before, seen)),
            Change::Provider(c) => {
                self.provider().map_or_else(nobody, |w| w.judge(c, before, seen))
            }
        }
    }

    /// Sends a change, once.
    #[must_use]
    pub fn send(&self, change: &Change, seen: &Seen) -> Answer {
        let nobody = || Answer {
            outcome: Outcome::NotSent,
            status: None,
            what: "this side can only be written to by hand".to_owned(),
            body_hash: None,
        };
        match change {
            Change::Acs(c) => self.acs().map_or_else(nobody, |w| w.send(c, seen)),
            Change::Provider(c) => self.provider().map_or_else(nobody, |w| w.send(c, seen)),
        }
    }

    /// Names of the values that have to be remembered before a change is sent, beside those
    /// that it writes.
    #[must_use]
    pub fn remembers(&self, change: &Change) -> &'static [&'static str] {
        match change {
            Change::Acs(c) => self.acs().map_or(&[], |w| w.remembers(c)),
            Change::Provider(c) => self.provider().map_or(&[], |w| w.remembers(c)),
        }
    }
}

impl Systems<'_> {
    /// The change that puts back what was there before; `None`: nothing can.
    #[must_use]
    pub fn reverse(&self, change: &Change, before: &Before) -> Option<Change> {
        match change {
            Change::Acs(c) => self.acs()?.reverse(c, before).map(Change::Acs),
            Change::Provider(c) => self.provider()?.reverse(c, before).map(Change::Provider),
        }
    }
}

fn by_hand() -> FetchError {
    let what = "this side can only be written to by hand";
    FetchError::new(FetchErrorKind::Config, what, &["`acerto plan export` tells what to click"])
}

impl Abilities for Systems<'_> {
    fn propose(&self, change: &Change, of: &Record) -> Result<Vec<Send>, String> {
        match (change, of) {
            (Change::Acs(change), Record::Acs(of)) => {
                let writer = self.acs().ok_or_else(|| cannot(Side::Acs))?;
                let proposals = writer.propose(change, of).map_err(|unable| unable.why)?;
                Ok(proposals.into_iter().map(|p| sent(p, Change::Acs)).collect())
            }
            (Change::Provider(change), Record::Provider(of)) => {
                let writer = self.provider().ok_or_else(|| cannot(Side::Provider))?;
                let proposals = writer.propose(change, of).map_err(|unable| unable.why)?;
                Ok(proposals.into_iter().map(|p| sent(p, Change::Provider)).collect())
            }
            (Change::Acs(_), Record::Provider(_)) | (Change::Provider(_), Record::Acs(_)) => {
                Err("a change of one side about a record of the other".to_owned())
            }
        }
    }
}

fn sent<C>(proposal: Proposal<C>, wrap: fn(C) -> Change) -> Send {
    let Proposal { change, key, call, undo } = proposal;
    let undo: Undo = undo;
    Send { change: wrap(change), key, call, undo }
}

fn cannot(side: Side) -> String {
    match side {
        Side::Acs => "the ACS can only be written to by hand".to_owned(),
        Side::Provider => "the Provider can only be written to by hand".to_owned(),
    }
}
