//! Evidence in words: one sentence a fact, with its times and values.
//!
//! Must not do: weigh a fact; the engine has ordered them.

use std::fmt::{self, Display};

use jiff::Timestamp;

use crate::domain::Untrusted;
use crate::domain::subscriber::scrub;
use crate::domain::text::visible;
use crate::engine::{Evidence, EvidenceKind, Field, FieldDrift};
use crate::words::{Voice, contract_status, field_name, plural, say, sentences, word};

/// The sentence of one fact.
#[must_use]
pub fn evidence(voice: &Voice, fact: &Evidence) -> String {
    let n = fact.n.unwrap_or_default();
    sentence(
        voice,
        fact.kind,
        [
            &Time(voice, fact.at),
            &Time(voice, fact.until),
            &Value(voice, fact.a.as_ref()),
            &Value(voice, fact.b.as_ref()),
            &FieldSlot(voice, fact.a.as_ref()),
            &Remark(voice, fact.a.as_ref()),
            &Contract(voice, fact.b.as_ref()),
            &Number(voice, n),
            &Days(voice, n),
        ],
    )
}

/// A field that differs, with both values.
#[must_use]
pub fn drift(voice: &Voice, of: &FieldDrift) -> String {
    let name = field_name(voice, of.field);
    let (acs, provider) = (&of.acs, &of.provider);
    say!(voice, en: "{name}: ACS {acs}, Provider {provider}",
        pt: "{name}: ACS {acs}, Provedor {provider}")
}

/// A time, or words where it is not known.
struct Time<'a>(&'a Voice, Option<Timestamp>);

impl Display for Time<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.time_or_unknown(self.1))
    }
}

/// A value of a device, shown with visible escapes.
struct Value<'a>(&'a Voice, Option<&'a Untrusted>);

impl Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(value) => write!(f, "{value}"),
            None => f.write_str(word!(self.0, en: "(unknown)", pt: "(desconhecido)")),
        }
    }
}

/// A field by its name in words.
struct FieldSlot<'a>(&'a Voice, Option<&'a Untrusted>);

impl Display for FieldSlot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1.and_then(|a| Field::from_wire(a.raw())) {
            Some(field) => f.write_str(field_name(self.0, field)),
            None => Value(self.0, self.1).fmt(f),
        }
    }
}

/// What the source remarks on an event, in brackets; nothing where it is silent.
struct Remark<'a>(&'a Voice, Option<&'a Untrusted>);

impl Display for Remark<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(note) => {
                let note = visible(&scrub(note.raw()));
                write!(f, " ({}: {note})", word!(self.0, en: "the source says", pt: "a fonte diz"))
            }
            None => Ok(()),
        }
    }
}

/// The contract's status as a half sentence; nothing where it is not known.
struct Contract<'a>(&'a Voice, Option<&'a Untrusted>);

impl Display for Contract<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(code) = self.1 else { return Ok(()) };
        let status = contract_status(self.0, code);
        write!(f, "; {} {status}", word!(self.0, en: "the contract is", pt: "o contrato está"))
    }
}

struct Number<'a>(&'a Voice, i64);

impl Display for Number<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.number(self.1.unsigned_abs()))
    }
}

struct Days<'a>(&'a Voice, i64);

impl Display for Days<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.1.unsigned_abs();
        let n = self.0.number(count);
        f.write_str(&plural!(self.0, count, en: ["{n} day", "{n} days"],
            pt: ["{n} dia", "{n} dias"]))
    }
}

sentences! {
    /// One row a kind; the slots that a kind fills are named in its documentation.
    sentence(EvidenceKind; at, until, a, b, field, remark, contract, n, days) {
        GroupSharesSerial => { en: "{n} records share the serial {a}.",
            pt: "{n} cadastros têm o mesmo serial {a}." }
        GroupSharesMac => { en: "{n} records share the MAC {a}.",
            pt: "{n} cadastros têm o mesmo MAC {a}." }
        CrossedIdentities => { en: "The serial {a} names one record, the MAC {b} another.",
            pt: "O serial {a} aponta para um cadastro, o MAC {b} para outro." }
        SerialsAlike => {
            en: "The serials {a} (ACS) and {b} (Provider) differ as by a slip of the pen.",
            pt: "Os seriais {a} (ACS) e {b} (Provedor) diferem como num erro de digitação." }
        SerialsDiffer => {
            en: "The serials {a} (ACS) and {b} (Provider) both look right, and differ.",
            pt: "Os seriais {a} (ACS) e {b} (Provedor) parecem certos os dois, e diferem." }
        SameLogin => { en: "Both carry the PPPoE login {a}.",
            pt: "Os dois têm o login PPPoE {a}." }
        SameMac => { en: "Both carry the MAC {a}.", pt: "Os dois têm o MAC {a}." }
        MacOneDigitOff => {
            en: "The MACs {a} (ACS) and {b} (Provider) differ in one digit.",
            pt: "Os MACs {a} (ACS) e {b} (Provedor) diferem em um dígito." }
        SameWanIp => { en: "Both carry the WAN IP {a}.", pt: "Os dois têm o IP WAN {a}." }
        OldIdentityGone => { en: "The ACS holds no device with the old identity {a}.",
            pt: "O ACS não tem nenhum equipamento com a identidade antiga {a}." }
        RegisteredAfterOld => {
            en: "The device registered on {at}, after the old one's last sign of life on {until}.",
            pt: "O equipamento se registrou em {at}, depois do último sinal do antigo em {until}." }
        OldSignUnknown => { en: "Nothing tells when the old device was last alive.",
            pt: "Nada diz quando o equipamento antigo deu sinal pela última vez." }
        RegisteredBeforeOld => {
            en: "The device registered on {at}, before the old one's last sign of life on {until}.",
            pt: "O equipamento se registrou em {at}, antes do último sinal do antigo em {until}." }
        OldDeviceSilent => {
            en: "The device {a} with the same login, which the Provider holds, last informed on \
                 {at}; the new one registered on {until}.",
            pt: "O equipamento {a}, com o mesmo login e que o Provedor tem, informou por último \
                 em {at}; o novo se registrou em {until}." }
        LoginInactive => { en: "The linked login {a} is not active{contract}.",
            pt: "O login vinculado {a} não está ativo{contract}." }
        FittingLoginInactive => {
            en: "The only login that fits, {a}, is not active{contract}.",
            pt: "O único login que serve, {a}, não está ativo{contract}." }
        DeletedByHand => { en: "Deleted by hand in the ACS on {at}{remark}.",
            pt: "Excluído à mão no ACS em {at}{remark}." }
        LeftBothSides => {
            en: "Left both systems between {at} and {until}, as after a deletion by hand.",
            pt: "Saiu dos dois sistemas entre {at} e {until}, como após exclusão à mão." }
        RegisteredAgain => { en: "It called home again and registered on {at}.",
            pt: "Voltou a informar e se registrou em {at}." }
        CountedSince => {
            en: "The Provider counted it again after that: something newer must have unlinked it.",
            pt: "O Provedor voltou a contá-lo depois disso: algo mais novo deve tê-lo \
                 desvinculado." }
        CountedBefore => { en: "The Provider counted it before; something has changed that since.",
            pt: "O Provedor já o contou antes; algo mudou isso depois." }
        UnclearBefore => {
            en: "The last run could not tell it from other records: whether it was counted before \
                 is not known.",
            pt: "A última execução não o distinguiu de outros registros: não se sabe se já foi \
                 contado antes." }
        LoginFits => { en: "The active login {a} fits by its name.",
            pt: "O login ativo {a} serve pelo nome." }
        EntryNamesLogin => {
            en: "The Provider's entry {b} of this device names the active login {a}, but the \
                 login is not linked.",
            pt: "O cadastro {b} deste equipamento no Provedor cita o login ativo {a}, mas sem \
                 vínculo." }
        RegisteredAfterSync => {
            en: "It registered on {at}, after the last ACS synchronisation on {until}.",
            pt: "Registrou-se em {at}, depois da última sincronização do ACS em {until}." }
        RegisteredBeforeSync => {
            en: "It registered on {at}; the ACS has synchronised since, on {until}.",
            pt: "Registrou-se em {at}; o ACS já sincronizou depois, em {until}." }
        SyncAssumedDaily => {
            en: "It registered on {at}. No ACS synchronisation is known, so one a day is assumed.",
            pt: "Registrou-se em {at}. Não se conhece sincronização do ACS; supõe-se uma por dia." }
        RegistrationUnknown => { en: "The ACS does not say when the device registered.",
            pt: "O ACS não diz quando o equipamento se registrou." }
        ListedWithoutLogin => {
            en: "The Provider lists the device (entry {a}) without a login.",
            pt: "O Provedor lista o equipamento (cadastro {a}) sem login." }
        NoLoginFits => {
            en: "The Provider has no login with this device's serial, MAC or PPPoE user.",
            pt: "O Provedor não tem login com o serial, o MAC ou o usuário PPPoE dele." }
        IdentityElsewhere => {
            en: "The Provider has its serial or MAC on an entry that is not clearly its own.",
            pt: "O Provedor tem o serial ou MAC dele num cadastro que não é claramente o seu." }
        LoginHeld => {
            en: "The login {a} is already held by the counted entry {b}, so it fits nobody else.",
            pt: "O login {a} já é do cadastro contado {b}, e não serve para mais ninguém." }
        SeveralLoginsFit => { en: "{n} logins fit, none of them alone.",
            pt: "{n} logins servem, nenhum sozinho." }
        GenericLogin => { en: "The login {a} is generic and identifies nobody.",
            pt: "O login {a} é genérico e não identifica ninguém." }
        PlaceholderIdentity => { en: "The identity {a} is a placeholder and identifies nobody.",
            pt: "A identidade {a} é um valor genérico e não identifica ninguém." }
        IdentifiesNobody => { en: "The record carries nothing that identifies it.",
            pt: "O cadastro não tem nada que o identifique." }
        WebhookOnItsWay => {
            en: "The deletion is {n} minutes old: the webhook may still be on its way.",
            pt: "A exclusão tem {n} minutos: o webhook ainda pode estar a caminho." }
        SurvivedProviderSync => {
            en: "The entry survived a synchronisation of the Provider on {at}.",
            pt: "O cadastro sobreviveu a uma sincronização do Provedor em {at}." }
        MassExclusionNames => { en: "The mass exclusion of {at} names this device{remark}.",
            pt: "A exclusão em massa de {at} cita este equipamento{remark}." }
        MassExclusionRan => { en: "A mass exclusion ran on {at}{remark}.",
            pt: "Houve uma exclusão em massa em {at}{remark}." }
        CoveredNoDelete => {
            en: "Nothing could be missed between {at} and {until}, and no deletion by hand was \
                 seen.",
            pt: "Nada podia se perder entre {at} e {until}, e nenhuma exclusão à mão apareceu." }
        ListenedNoDelete => {
            en: "The listener was up between {at} and {until} and heard of no deletion by hand.",
            pt: "O receptor esteve no ar entre {at} e {until} e não soube de exclusão à mão." }
        NobodyWatched => { en: "Nobody watched all the time between {at} and {until}.",
            pt: "Ninguém observou o tempo todo entre {at} e {until}." }
        LastConfirmed => {
            en: "It was surely in the ACS on {at}: the synchronisation confirmed the entry then.",
            pt: "Em {at} estava com certeza no ACS: a sincronização confirmou o cadastro." }
        AddedByEvent => {
            en: "It was surely in the ACS on {at}: an event says that it registered then.",
            pt: "Estava com certeza no ACS em {at}: um evento diz que ele se registrou então." }
        DeletionOfAStranger => {
            en: "Between {at} and {until} something was deleted by hand under a key that no \
                 known record has: it may have been this device.",
            pt: "Entre {at} e {until} algo foi excluído à mão com uma chave que nenhum registro \
                 conhecido tem: pode ter sido este equipamento." }
        LeftBetween => { en: "It left the ACS between {at} and {until}.",
            pt: "Saiu do ACS entre {at} e {until}." }
        SilentDays => { en: "Its last Inform was on {at}, {days} before it left.",
            pt: "Informou por último em {at}, {days} antes de sair." }
        LeftWithOthers => {
            en: "{n} devices left in the same interval, all silent for as long as the criterion \
                 says.",
            pt: "{n} equipamentos saíram no mesmo intervalo, todos calados pelo tempo do \
                 critério." }
        NeverConfirmed => {
            en: "No synchronisation ever confirmed this entry, though the Provider notes that \
                 for others.",
            pt: "Nenhuma sincronização confirmou este cadastro, embora o Provedor anote isso em \
                 outros." }
        NeverInSnapshots => {
            en: "It arrived in the Provider on {at}; no reading of the ACS ever held it.",
            pt: "Chegou ao Provedor em {at}; nenhuma leitura do ACS jamais o teve." }
        EntryAge => { en: "The entry dates from {at}, {days} ago.",
            pt: "O cadastro é de {at}, há {days}." }
        EntryYoung => {
            en: "The entry dates from {at}: it still has the {days} granted for a first contact.",
            pt: "O cadastro é de {at}: ainda está nos {days} dados para o primeiro contato." }
        NoMemory => {
            en: "First run, no memory yet: it is not in the ACS; whether it ever was, nobody \
                 knows.",
            pt: "Primeira execução, ainda sem memória: não está no ACS; se já esteve, ninguém \
                 sabe." }
        MissingFromStart => {
            en: "It was in the Provider only already when acerto first saw both sides, on {at}.",
            pt: "Já estava só no Provedor quando o acerto viu os dois lados pela primeira vez, \
                 em {at}." }
        ConfirmedAfterRead => {
            en: "The entry was confirmed on {at}, after the ACS was read on {until}: read both \
                 sides again.",
            pt: "O cadastro foi confirmado em {at}, depois da leitura do ACS em {until}: leia os \
                 dois lados de novo." }
        RegisteredAfterRead => {
            en: "The device registered on {at}, after the Provider was read on {until}: read both \
                 sides again.",
            pt: "O equipamento se registrou em {at}, depois da leitura do Provedor em {until}: \
                 leia os dois lados de novo." }
        AcsIncomplete => {
            en: "The ACS could not be read to its end: absence from it proves nothing.",
            pt: "O ACS não foi lido até o fim: faltar nele não prova nada." }
        ProviderIncomplete => {
            en: "The Provider could not be read to its end: absence from it proves nothing.",
            pt: "O Provedor não foi lido até o fim: faltar nele não prova nada." }
        MayBeInAcs => {
            en: "A device of the ACS carries its serial, MAC or login, but is not clearly this \
                 one: it may be in the ACS after all.",
            pt: "Um equipamento do ACS tem o serial, MAC ou login dele, mas não é claramente \
                 este: pode estar no ACS, afinal." }
        NothingFits => { en: "Nothing that is known fits.", pt: "Nada do que se sabe serve." }
        FieldDiffers => { en: "The two systems differ in this field: {field}.",
            pt: "Os dois sistemas diferem neste campo: {field}." }
        GoneFromBoth => { en: "It was in both systems on {at}, and in neither on {until}.",
            pt: "Estava nos dois sistemas em {at}, e em nenhum em {until}." }
    }
}
