//! Writes to the Provider: what a change is as a call, how it stands, and sending it once.
//!
//! Must not do: build a request; the gate does.

use crate::domain::{ProviderChange, ProviderRecord};
use crate::ports::{
    Answer, Before, Effect, FetchError, Image, Outcome, Proposal, Seen, Unable, Writer,
};
use crate::provider::ixc::gate::Sent;
use crate::provider::ixc::outcome::{self, Asked};
use crate::provider::ixc::settings::UpdateMode;
use crate::provider::ixc::target::{Target, Written, login_target};
use crate::provider::ixc::{IxcProvedor, judge, look, propose, reverse, whole_row};

impl Writer for IxcProvedor {
    type Change = ProviderChange;
    type Record = ProviderRecord;

    fn propose(
        &self,
        change: &ProviderChange,
        of: &ProviderRecord,
    ) -> Result<Vec<Proposal<ProviderChange>>, Unable> {
        propose::all(self, change, of)
    }

    fn remembers(&self, change: &ProviderChange) -> &'static [&'static str] {
        reverse::remembers(change)
    }

    fn reverse(&self, change: &ProviderChange, before: &Before) -> Option<ProviderChange> {
        reverse::reverse(&self.fields, change, before)
    }

    fn look(&self, change: &ProviderChange) -> Result<Seen, FetchError> {
        self.gate.begin();
        look::at(self, change)
    }

    fn judge(&self, change: &ProviderChange, before: Option<&Before>, seen: &Seen) -> Effect {
        judge::effect(self, change, before, seen)
    }

    fn send(&self, change: &ProviderChange, seen: &Seen) -> Answer {
        self.gate.begin();
        match self.sent(change, seen) {
            Ok(answer) => answer,
            Err(why) => not_sent(why),
        }
    }
}

impl IxcProvedor {
    /// Sends it; the error says why it was not.
    fn sent(&self, change: &ProviderChange, seen: &Seen) -> Result<Answer, String> {
        let Seen::There(image) = seen else {
            return Err("there is no such row in the Provider".to_owned());
        };
        let on_login = |login_id, what: &str| {
            let login: Target = login_target(login_id).map_err(|unable| unable.why)?;
            let asked = format!("{what} of {login}");
            if look::is_of(image, login) {
                return Ok((login.id(), asked));
            }
            Err(format!("{asked}: what was seen is another row"))
        };
        match change {
            ProviderChange::Set { row, cells, held_only } => {
                let written = Written::of(&self.fields, row, cells, *held_only);
                self.put(&written.map_err(|unable| unable.why)?, image)
            }
            ProviderChange::ClearMac { login_id } => {
                let (login, what) = on_login(login_id, "clearing the MAC")?;
                Ok(self.told(self.gate.clear_mac(login), what, (None, &[]), image))
            }
            ProviderChange::EndSession { login_id } => {
                let (login, what) = on_login(login_id, "ending the session")?;
                Ok(self.told(self.gate.end_session(login), what, (None, &[]), image))
            }
            ProviderChange::Synchronise => {
                let path = self.writing.synchronise.as_ref();
                let path = path.ok_or("synchronise_path is not set")?;
                let what = "synchronising the Provider".to_owned();
                Ok(self.told(self.gate.synchronise(path), what, (None, &[]), image))
            }
        }
    }

    fn put(&self, written: &Written, image: &Image) -> Result<Answer, String> {
        let target = written.target;
        if !look::is_of(image, target) {
            return Err(format!("{target}: what was seen is another row"));
        }
        let changed: Vec<(&str, &str)> = written
            .writing(|name| image.get(name))
            .filter(|c| !image.get(&c.name).is_some_and(|text| c.is_wanted(text)))
            .map(|c| (c.name.as_str(), c.value.as_str()))
            .collect();
        if changed.is_empty() {
            return Err(format!("{target} is as wanted already"));
        }
        let body = match self.writing.mode(target.table()) {
            UpdateMode::Full => {
                let names = image.cells.keys().map(String::as_str);
                whole_row::body(|name| image.get(name), names, &changed)
            }
            UpdateMode::Partial => whole_row::body(|_| None, std::iter::empty(), &changed),
        };
        self.memory().note(target, image);
        let what = format!("PUT of {target}");
        let ours: Vec<&str> = changed.iter().map(|(name, _)| *name).collect();
        Ok(self.told(self.gate.put(target, &body), what, (Some(target.id()), &ours), image))
    }

    /// What the reply says, without anything of the row.
    fn told(
        &self,
        sent: Sent,
        what: String,
        (row, ours): (Option<u64>, &[&str]),
        image: &Image,
    ) -> Answer {
        let hidden = whole_row::secrets(&image.cells, ours);
        let (answer, fault) = outcome::of(sent, &Asked { what, row, hidden });
        if let Some(fault) = fault {
            self.gate.stop(fault);
        }
        answer
    }
}

fn not_sent(why: String) -> Answer {
    Answer { outcome: Outcome::NotSent, status: None, what: why, body_hash: None }
}
