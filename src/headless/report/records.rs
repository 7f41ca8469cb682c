//! A whole record, field by field, for `explain`: one list serves text and JSON.
//!
//! Fields bear the names of the device files' columns (CLI.md section 3). Must not do: show a
//! customer unmasked.

use std::borrow::Cow;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::domain::subscriber::{scrub, shown_extra};
use crate::domain::text::visible;
use crate::domain::{AcsDevice, Extra, ProviderRecord, Untrusted};
use crate::words::{Voice, contract_status, word};

/// A value of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// As it came.
    Text(&'a Untrusted),
    /// Several, as they came.
    List(&'a [Untrusted]),
    /// Without a person's data, which was masked.
    Masked(Cow<'a, str>),
    /// Several, masked.
    MaskedList(Vec<Cow<'a, str>>),
    /// A contract status, raw code.
    Status(&'a Untrusted),
    /// A time.
    Time(Timestamp),
    /// Yes or no.
    Flag(bool),
    /// kbit/s.
    Number(u64),
}

impl Value<'_> {
    /// The value for a person, with visible escapes.
    #[must_use]
    pub fn shown(&self, voice: &Voice) -> String {
        match self {
            Self::Text(text) => text.to_string(),
            Self::List(list) => list.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            Self::Masked(text) => visible(text),
            Self::MaskedList(list) => {
                list.iter().map(|text| visible(text)).collect::<Vec<_>>().join("; ")
            }
            Self::Status(code) => contract_status(voice, code),
            Self::Time(at) => voice.time(*at),
            Self::Flag(true) => word!(voice, en: "yes", pt: "sim").to_owned(),
            Self::Flag(false) => word!(voice, en: "no", pt: "não").to_owned(),
            Self::Number(n) => voice.number(*n),
        }
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text.raw()),
            Self::Status(text) => serializer.serialize_str(&scrub(text.raw())),
            Self::List(list) => serializer.collect_seq(list.iter().map(Untrusted::raw)),
            Self::Masked(text) => serializer.serialize_str(text),
            Self::MaskedList(list) => serializer.collect_seq(list),
            Self::Time(at) => serializer.collect_str(at),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Number(n) => serializer.serialize_u64(*n),
        }
    }
}

/// A record as an ordered list of fields; an absent value is null in JSON, left out in text.
#[derive(Clone, Debug, PartialEq)]
pub struct Fields<'a>(pub Vec<(Cow<'a, str>, Option<Value<'a>>)>);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name.as_ref(), value)?;
        }
        map.end()
    }
}

impl JsonSchema for Fields<'_> {
    fn schema_name() -> Cow<'static, str> {
        "Record".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": true })
    }
}

/// An ACS device, field by field; `columns` name its extra fields.
#[must_use]
pub fn acs<'a>(device: &'a AcsDevice, columns: &'a [Box<str>]) -> Fields<'a> {
    let mut fields = vec![
        ("id", Some(Value::Text(&device.id))),
        ("serial", text(device.serial.as_ref())),
        ("mac", Some(Value::List(&device.macs))),
        ("login", text(device.pppoe_login.as_ref())),
        ("oui", text(device.oui.as_ref())),
        ("product_class", text(device.product_class.as_ref())),
        ("manufacturer", text(device.manufacturer.as_ref())),
        ("model", text(device.model.as_ref())),
        ("firmware", text(device.firmware.as_ref())),
        ("wan_ip", text(device.wan_ip.as_ref())),
        ("last_inform", device.last_inform.map(Value::Time)),
        ("registered", device.registered.map(Value::Time)),
        ("tags", free_list(&device.tags)),
        ("provider_device_id", text(device.provider_device_id.as_ref())),
        ("integrated", device.integrated.map(Value::Flag)),
    ];
    fields.retain(|(name, value)| *name != "tags" || value.is_some());
    with_extra(fields, &device.extra, columns)
}

/// A Provider's record, field by field, its customer masked; `columns` name its extra fields.
#[must_use]
pub fn provider<'a>(record: &'a ProviderRecord, columns: &'a [Box<str>]) -> Fields<'a> {
    let fields = vec![
        ("device_id", text(record.device_id.as_ref())),
        ("login_id", text(record.login_id.as_ref())),
        ("serial", text(record.serial.as_ref())),
        ("mac", text(record.mac.as_ref())),
        ("login", text(record.login.as_ref())),
        ("active", record.active.map(Value::Flag)),
        ("linked", Some(Value::Flag(record.is_linked()))),
        ("counted", Some(Value::Flag(record.is_counted()))),
        ("registered", record.registered.map(Value::Time)),
        ("synchronised", record.synchronised.map(Value::Time)),
        ("customer_id", text(record.customer_id.as_ref())),
        ("customer_name", masked(record.customer_name.as_ref())),
        ("document", masked(record.document.as_ref())),
        ("phone", masked(record.phone.as_ref())),
        ("contract_id", text(record.contract_id.as_ref())),
        ("contract_status", record.contract_status.as_ref().map(Value::Status)),
        ("plan", free(record.plan.as_ref())),
        ("plan_down_kbps", rate(record.plan_down_kbps)),
        ("plan_up_kbps", rate(record.plan_up_kbps)),
        ("wan_ip", text(record.wan_ip.as_ref())),
        ("model", text(record.model.as_ref())),
        ("acs_id", text(record.acs_id.as_ref())),
        ("online", record.online.map(Value::Flag)),
        ("last_online", record.last_online.map(Value::Time)),
    ];
    with_extra(fields, &record.extra, columns)
}

fn with_extra<'a>(
    fields: Vec<(&'static str, Option<Value<'a>>)>,
    extra: &'a Extra,
    columns: &'a [Box<str>],
) -> Fields<'a> {
    let known = fields.into_iter().map(|(name, value)| (Cow::Borrowed(name), value));
    let named = extra.iter().map(|(index, value)| {
        let name = match columns.get(usize::from(*index)) {
            Some(name) => Cow::Borrowed(name.as_ref()),
            None => Cow::Owned(format!("extra_{index}")),
        };
        let value = Value::Masked(shown_extra(&name, value.raw()));
        (name, Some(value))
    });
    Fields(known.chain(named).collect())
}

fn text(value: Option<&Untrusted>) -> Option<Value<'_>> {
    value.map(Value::Text)
}

fn rate(kbps: Option<u32>) -> Option<Value<'static>> {
    kbps.map(|kbps| Value::Number(u64::from(kbps)))
}

/// Free text: anybody may have written a phone into it.
fn free(value: Option<&Untrusted>) -> Option<Value<'_>> {
    value.map(|v| Value::Masked(scrub(v.raw())))
}

fn free_list(values: &[Untrusted]) -> Option<Value<'_>> {
    let masked = || values.iter().map(|v| scrub(v.raw())).collect();
    (!values.is_empty()).then(|| Value::MaskedList(masked()))
}

fn masked<T: std::fmt::Display>(value: Option<&T>) -> Option<Value<'static>> {
    value.map(|v| Value::Masked(Cow::Owned(v.to_string())))
}
