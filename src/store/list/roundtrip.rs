//! Random records through bytes and back: nothing changes but what is never stored.

use jiff::Timestamp;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::domain::subscriber::{CustomerName, Document, Phone, scrub};
use crate::domain::{DeviceKey, Extra};
use crate::engine::{
    Candidate, Evidence, EvidenceKind, Field, FieldDrift, Fix, Ignored, Reason, Related, State,
    Strength,
};
use crate::store::codec::Instant;
use crate::store::entries::{Entry, Item, Pieces, entries};
use crate::store::options::Pii;
use crate::store::report::in_order;
use crate::store::search::Sealer;

fn time() -> impl Strategy<Value = Timestamp> {
    (-60_000_000_000..200_000_000_000_i64, prop_oneof![Just(0), 0..999_999_999_i32])
        .prop_map(|(s, n)| Timestamp::new(s, n).unwrap())
}

fn text() -> impl Strategy<Value = Untrusted> {
    prop_oneof!["[A-Z0-9]{0,16}", ".{0,40}", "\\PC{0,300}"].prop_map(|t| Untrusted::new(&t))
}

fn few<T: std::fmt::Debug>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    prop::collection::vec(of, 0..3)
}

type Texts = Vec<Option<Untrusted>>;

fn texts(n: usize) -> impl Strategy<Value = Texts> {
    prop::collection::vec(of(text()), n)
}

prop_compose! {
    fn acs()(
        id in prop_oneof!["[ab]{0,1}", ".{0,9}"],
        t in texts(9),
        macs in few(text()),
        tags in few(text()),
        times in (of(time()), of(time())),
        integrated in of(any::<bool>()),
        extra in few((0..3_u16, text())),
    ) -> AcsDevice {
        let mut t = t.into_iter().flatten().map(Some).chain(std::iter::repeat(None));
        let mut next = || t.next().flatten();
        AcsDevice {
            id: Untrusted::new(&id),
            serial: next(),
            oui: next(),
            product_class: next(),
            manufacturer: next(),
            model: next(),
            macs: macs.into(),
            pppoe_login: next(),
            firmware: next(),
            wan_ip: next(),
            last_inform: times.0,
            registered: times.1,
            tags: tags.into(),
            provider_device_id: next(),
            integrated,
            extra: extra.into(),
        }
    }
}

prop_compose! {
    fn provider()(
        t in texts(14),
        times in (of(time()), of(time()), of(time())),
        flags in (of(any::<bool>()), of(any::<bool>()), of(any::<bool>())),
        speeds in (of(any::<u32>()), of(any::<u32>())),
        extra in few((0..3_u16, text())),
    ) -> ProviderRecord {
        let mut t = t.into_iter();
        let mut next = || t.next().flatten();
        ProviderRecord {
            trade_name: None,
            device_id: next(),
            serial: next(),
            mac: next(),
            login_id: next(),
            login: next(),
            active: flags.0,
            linked: flags.1,
            registered: times.0,
            synchronised: times.1,
            customer_id: next(),
            customer_name: next().map(CustomerName),
            document: Some(Document(Untrusted::new("123.456.789-00"))),
            phone: Some(Phone(Untrusted::new("47 90000-0000"))),
            contract_id: next(),
            contract_status: next(),
            plan: next(),
            plan_down_kbps: speeds.0,
            plan_up_kbps: speeds.1,
            wan_ip: next(),
            model: next(),
            acs_id: next(),
            online: flags.2,
            last_online: times.2,
            extra: extra.into(),
        }
    }
}

prop_compose! {
    fn evidence()(
        kind in select(EvidenceKind::ALL),
        times in (of(time()), of(time())),
        t in texts(2),
        n in of(any::<i64>()),
    ) -> Evidence {
        Evidence { kind, at: times.0, until: times.1, a: t[0].clone(), b: t[1].clone(), n }
    }
}

fn key() -> impl Strategy<Value = DeviceKey> {
    prop_oneof![
        "serial=[A-Z0-9=]{1,12}",
        "mac=00:25:9E:[0-9A-F]{2}:00:01",
        "acs=.{0,9}",
        "provider=login-[0-9]{1,5}",
    ]
    .prop_map(|t| DeviceKey::parse(&t).unwrap())
}

fn related() -> impl Strategy<Value = Related> {
    (of(acs()), of(provider())).prop_map(|(acs, provider)| Related { acs, provider })
}

prop_compose! {
    fn candidate()(
        t in texts(4),
        score in 0.0..1.0,
        why in few(select(Reason::ALL)),
    ) -> Candidate {
        let [login_id, login, device_id, acs_id] = t.try_into().unwrap();
        Candidate { login_id, login, device_id, acs_id, score, why }
    }
}

prop_compose! {
    fn field()(field in select(Field::ALL), acs in text(), provider in text()) -> FieldDrift {
        FieldDrift { field, acs, provider }
    }
}

prop_compose! {
    fn finding()(
        id in "f-[0-9a-f]{2}",
        kinds in (select(Cause::ALL), select(Strength::ALL), select(State::ALL)),
        was in of(select(Cause::ALL)),
        score in 0.0..=1.0,
        times in (time(), of(time())),
        ignored in of(("\\PC{0,9}", of(time()))),
        keys in few(key()),
        records in (few(acs()), few(provider()), of(related())),
        evidence in few(evidence()),
        offers in (few(select(Fix::ALL)), few(candidate()), few(field())),
    ) -> Finding {
        Finding {
            id,
            cause: kinds.0,
            strength: kinds.1,
            score,
            state: kinds.2,
            was,
            first_seen: times.0,
            absent_since: times.1,
            ignored: ignored.map(|(reason, until)| Ignored { reason, until }),
            keys,
            acs: records.0,
            provider: records.1,
            related: records.2.map(Box::new),
            evidence,
            fixes: offers.0,
            candidates: offers.1,
            fields: offers.2,
        }
    }
}

/// Three unknown columns on each side; the last one is about persons.
fn keep(pii: Pii) -> Keep {
    let columns = ["olt".into(), "pon".into(), "E-mail".into()];
    let people = (pii == Pii::Names).then(|| Sealer::new(&[7; 32]));
    Keep::new(people, &columns, &columns)
}

/// What is typed freely comes back scrubbed.
fn typed(value: &Untrusted) -> Untrusted {
    Untrusted::new(&scrub(value.raw()))
}

fn extra_kept(extra: &Extra) -> Extra {
    extra.iter().filter(|e| e.0 < 2).map(|(i, v)| (*i, typed(v))).collect()
}

fn acs_kept(device: &AcsDevice) -> AcsDevice {
    let mut kept = device.clone();
    kept.extra = extra_kept(&device.extra);
    kept.tags = device.tags.iter().map(typed).collect();
    kept
}

fn provider_kept(record: &ProviderRecord, pii: Pii) -> ProviderRecord {
    let mut kept = ProviderRecord { document: None, phone: None, ..record.clone() };
    kept.extra = extra_kept(&record.extra);
    kept.plan = record.plan.as_ref().map(typed);
    kept.contract_status = record.contract_status.as_ref().map(typed);
    kept.customer_name = match pii {
        Pii::Names => kept.customer_name.map(|name| CustomerName(typed(&name.0))),
        Pii::None => None,
    };
    kept
}

/// As a list is stored: pieces of entries, and packed columns.
fn stored<R: Record>(records: &[R], pii: Pii) -> (Vec<Vec<u8>>, Cells) {
    let list = NewList::of(records, &Arc::new(keep(pii))).unwrap();
    let mut pieces = Pieces::default();
    for at in 0..list.len() {
        let (print, body) = (Some(list.print(at)), list.body(at).unwrap());
        pieces.put(list.key(at), Instant::of_parts(-7, 5), print, &body);
    }
    (pieces.done(), Cells::unpack(&list.pack_columns().unwrap()).unwrap())
}

fn items(pieces: &[Vec<u8>]) -> Vec<Item<'_>> {
    let item = |entry: Result<_, Bad>| match entry.unwrap() {
        Entry::Put(item) => {
            assert_eq!(item.seen, Instant::of_parts(-7, 5));
            item
        }
        Entry::Left(_) => panic!("nothing left"),
    };
    entries(pieces).map(item).collect()
}

/// Through a list, pieces of entries and packed columns, and back.
fn there_and_back<R: Record>(records: &[R], pii: Pii) -> Vec<R> {
    let (pieces, mut cells) = stored(records, pii);
    let items = items(&pieces).into_iter();
    let back = items.map(|item| R::decode(item.body, &mut cells).unwrap()).collect();
    cells.end().unwrap();
    back
}

/// Both, without regard to order.
fn same<T: std::fmt::Debug>(back: &[T], expected: &[T]) -> Result<(), TestCaseError> {
    let sorted = |all: &[T]| {
        let mut all: Vec<_> = all.iter().map(|t| format!("{t:?}")).collect();
        all.sort();
        all
    };
    prop_assert_eq!(sorted(back), sorted(expected));
    Ok(())
}

/// One record with each field of another in turn, and the field's name.
macro_rules! spliced {
    ($one:expr, $other:expr, $($field:ident)*) => {
        [$((stringify!($field), {
            let mut spliced = $one.clone();
            spliced.$field = $other.$field.clone();
            spliced
        })),*]
    };
}

/// Whatever is stored otherwise has another fingerprint, and what changes with every look has not;
/// `keyless`: nor has what is stored as the same bytes.
fn told_apart<R: Record>(
    one: &R,
    others: &[(&str, R)],
    pii: Pii,
    (looks, keyless): (&[&str], bool),
) -> Result<(), TestCaseError> {
    let keep = keep(pii);
    let print = |record: &R| {
        let mut bodies = Bodies::default();
        let print = record.print(&keep, &mut Fed::default(), &mut bodies).unwrap();
        (print, bodies.get(0).map(<[u8]>::to_vec))
    };
    let body = |record: &R| record.encode(&keep, Vec::new()).unwrap();
    for (field, other) in others {
        prop_assert!(body(one) == body(other) || print(one) != print(other), "{}", field);
        prop_assert!(!keyless || body(one) != body(other) || print(one) == print(other), "{field}");
        prop_assert!(!looks.contains(field) || print(one) == print(other), "{}", field);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn each_field_of_a_device_is_in_its_fingerprint(one in acs(), other in acs()) {
        let others = spliced!(one, other,
            id serial oui product_class manufacturer model macs pppoe_login firmware wan_ip
            last_inform registered tags provider_device_id integrated extra);
        told_apart(&one, &others, Pii::Names, (&["last_inform"], true))?;
    }

    #[test]
    fn each_field_of_a_row_is_in_its_fingerprint(
        one in provider(),
        other in provider(),
        pii in select(&[Pii::Names, Pii::None][..]),
    ) {
        let other = ProviderRecord {
            document: Some(Document(Untrusted::new("111.222.333-00"))),
            phone: None,
            trade_name: Some(Box::new(CustomerName(Untrusted::new("Padaria Lua")))),
            ..other
        };
        let others = spliced!(one, other,
            device_id serial mac login_id login active linked registered synchronised customer_id
            customer_name trade_name document phone contract_id contract_status plan
            plan_down_kbps plan_up_kbps wan_ip model acs_id online last_online extra);
        let people = ["customer_name", "trade_name", "document", "phone"];
        let looks = ["synchronised", "online", "last_online"];
        let looks = looks.into_iter().chain(people.into_iter().filter(|_| pii == Pii::None));
        told_apart(&one, &others, pii, (&looks.collect::<Vec<_>>(), pii == Pii::None))?;
    }

    #[test]
    fn acs_devices(devices in prop::collection::vec(acs(), 0..8)) {
        let back = there_and_back(&devices, Pii::Names);
        let expected: Vec<_> = devices.iter().map(acs_kept).collect();
        same(&back, &expected)?;
        prop_assert!(expected.iter().all(|d| back.contains(d)), "beyond what Debug shows");
    }

    #[test]
    fn provider_records(
        records in prop::collection::vec(provider(), 0..8),
        pii in select(&[Pii::Names, Pii::None][..]),
    ) {
        let back = there_and_back(&records, pii);
        let expected: Vec<_> = records.iter().map(|r| provider_kept(r, pii)).collect();
        same(&back, &expected)?;
        prop_assert!(expected.iter().all(|r| back.contains(r)), "beyond what Debug shows");
    }

    #[test]
    fn findings_in_their_order(
        findings in prop::collection::vec(finding(), 0..6),
        pii in select(&[Pii::Names, Pii::None][..]),
        at_a_time in 1_usize..8,
    ) {
        let (pieces, cells) = stored(&findings, pii);
        let items = items(&pieces);
        if let Some((_, fewer)) = items.split_last() {
            let missing = in_order(fewer, cells.clone(), at_a_time);
            prop_assert!(missing.is_err(), "one is missing, but not its cells");
        }
        let back = in_order(&items, cells, at_a_time).unwrap();
        let mut expected = findings.clone();
        for f in &mut expected {
            f.acs = f.acs.iter().map(acs_kept).collect();
            f.provider = f.provider.iter().map(|p| provider_kept(p, pii)).collect();
            if let Some(r) = &mut f.related {
                r.acs = r.acs.as_ref().map(acs_kept);
                r.provider = r.provider.as_ref().map(|p| provider_kept(p, pii));
            }
            if let Some(ignored) = &mut f.ignored {
                ignored.reason = scrub(&ignored.reason).into_owned();
            }
            for fact in &mut f.evidence {
                let (a, b) = crate::store::codec::finding::is_typed(fact.kind);
                fact.a = fact.a.as_ref().map(|v| if a { typed(v) } else { v.clone() });
                fact.b = fact.b.as_ref().map(|v| if b { typed(v) } else { v.clone() });
            }
        }
        prop_assert_eq!(back, expected);
    }
}
