//! Whether a device was deleted: a device that calls home again is back by itself, with a
//! record that is newer than the one that was deleted.
//!
//! Must not do: take a deleting call's reply for a proof.

use jiff::Timestamp;

use crate::domain::Untrusted;
use crate::ports::{Before, Effect, Image, Seen};

/// How far a device is from deleted; `since` names the value that tells when its record began.
pub(super) fn judge(since: &str, before: Option<&Before>, seen: &Seen) -> Effect {
    let now = match seen {
        Seen::Missing => return Effect::Done,
        Seen::There(image) => image,
    };
    let Some(before) = before else { return Effect::NotDone };
    if !is_same(since, before, now) {
        return Effect::Differs("the device that is there now is another one".to_owned());
    }
    let Some(then) = before.cells.get(since).map(Untrusted::raw) else { return Effect::NotDone };
    if then == now.get(since).unwrap_or_default() {
        return Effect::NotDone;
    }
    let time = |text: &str| text.parse::<Timestamp>().ok();
    match (time(then), now.get(since).and_then(time)) {
        (Some(then), Some(now)) if now > then => Effect::Done,
        (Some(then), Some(now)) if now == then => Effect::NotDone,
        _ => Effect::Differs(format!("the device is there, and its {since} is no later one")),
    }
}

/// Is all of it as it was, but for when its record began?
fn is_same(since: &str, before: &Before, now: &Image) -> bool {
    let ours: Vec<&str> = before.cells.keys().map(String::as_str).collect();
    let kept = |name: &str| name == since || now.kept_by_server.contains(name);
    let mut others = before.cells.iter().filter(|(name, _)| !kept(name));
    now.rest(&ours) == before.rest
        && others.all(|(name, value)| now.get(name).unwrap_or_default() == value.raw())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(cells: &[(&str, &str)]) -> Image {
        let cells = cells.iter().map(|(name, value)| ((*name).to_owned(), (*value).into()));
        let kept_by_server = ["informed".to_owned()].into();
        Image { cells: cells.collect(), kept_by_server, at: None }
    }

    fn device(serial: &str, began: &str, informed: &str) -> Image {
        image(&[("serial", serial), ("began", began), ("informed", informed)])
    }

    #[test]
    fn a_device_is_deleted_where_it_is_gone_or_its_record_is_a_newer_one() {
        let then = device("A", "2026-11-23T13:00:00Z", "1");
        let differs = |words: &str| Effect::Differs(words.to_owned());
        let other = differs("the device that is there now is another one");
        let odd = differs("the device is there, and its began is no later one");
        for (now, effect) in [
            (device("A", "2026-11-23T13:00:00Z", "1"), Effect::NotDone),
            // It called home meanwhile, and wrote the time in another way.
            (device("A", "2026-11-23T13:00:00.000Z", "2"), Effect::NotDone),
            (device("A", "2026-11-23T13:00:01Z", "2"), Effect::Done),
            (device("A", "2026-11-23T12:59:59Z", "2"), odd.clone()),
            (device("A", "never", "2"), odd.clone()),
            (image(&[("serial", "A")]), odd),
            (device("B", "2026-11-23T13:00:00Z", "1"), other.clone()),
            (device("B", "2026-11-23T13:00:01Z", "1"), other),
        ] {
            for ours in [&["began"][..], &["began", "serial"], &["began", "informed"]] {
                let before = then.before(ours);
                let seen = Seen::There(now.clone());
                assert_eq!(judge("began", Some(&before), &seen), effect, "{ours:?} {now:?}");
                assert_eq!(judge("began", Some(&before), &Seen::Missing), Effect::Done);
                assert_eq!(judge("began", None, &seen), Effect::NotDone);
            }
        }
        assert_eq!(judge("began", None, &Seen::Missing), Effect::Done);
    }

    /// Where the beginning was not remembered by itself, a newer one can't be told from another
    /// device: a person has to look.
    #[test]
    fn without_its_beginning_only_the_same_is_the_same() {
        let then = device("A", "2026-11-23T13:00:00Z", "1");
        let before = then.before(&[]);
        let judged = |now: Image| judge("began", Some(&before), &Seen::There(now));
        assert_eq!(judged(device("A", "2026-11-23T13:00:00Z", "2")), Effect::NotDone);
        let later = judged(device("A", "2026-11-23T14:00:00Z", "2"));
        assert!(matches!(later, Effect::Differs(_)), "{later:?}");
    }

    /// Sources that don't tell it: all that can be said is that it is there.
    #[test]
    fn a_record_that_does_not_tell_its_beginning_is_there_or_not() {
        let then = image(&[("serial", "A")]);
        let before = then.before(&["began"]);
        assert_eq!(judge("began", Some(&before), &Seen::There(then)), Effect::NotDone);
    }
}
