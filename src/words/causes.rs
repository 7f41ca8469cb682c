//! Causes in words: a title for a row, a sentence with a count, what it means, what to do.
//!
//! Must not do: tell one device's story (that is its evidence).

use crate::engine::Cause;
use crate::words::{counted, labels};

labels! {
    /// A few words for a row of the ledger.
    cause_title(Cause) {
        Duplicate => { en: "one identity on several records",
            pt: "mesma identidade, vários cadastros" }
        IdentityMismatch => { en: "one device, written differently",
            pt: "escrito diferente nos dois lados" }
        SwappedDevice => { en: "device swapped", pt: "equipamento trocado" }
        InactiveLogin => { en: "login inactive", pt: "login inativo" }
        Returned => { en: "deleted by hand, called home again",
            pt: "excluído à mão, voltou a informar" }
        AwaitingSync => { en: "waiting for the ACS to synchronise",
            pt: "aguarda a sincronização do ACS" }
        UnlinkedLogin => { en: "login not linked", pt: "sem login vinculado" }
        LostWebhook => { en: "deleted by hand, webhook lost",
            pt: "excluído à mão, webhook perdido" }
        PendingPurge => { en: "mass-excluded, not purged yet",
            pt: "excluído em massa, falta limpar" }
        NeverSeen => { en: "never seen by the ACS", pt: "nunca visto pelo ACS" }
        RemovedUnknown => { en: "not in the ACS, nothing tells why",
            pt: "fora do ACS, motivo desconhecido" }
        Unexplained => { en: "unexplained", pt: "sem explicação" }
        FieldDrift => { en: "matched, but a field differs",
            pt: "casado, mas um campo difere" }
        ManualDelete => { en: "deleted by hand, gone from both",
            pt: "excluído à mão, saiu dos dois" }
    }
}

labels! {
    /// What the cause means, as one would say it on the phone.
    cause_meaning(Cause) {
        Duplicate => {
            en: "One serial or MAC stands on several records, so nobody can tell which of \
                 them is the device. None of them is matched until one is chosen.",
            pt: "O mesmo serial ou MAC está em vários cadastros, e não dá para saber qual \
                 deles é o equipamento. Nenhum é casado até alguém escolher." }
        IdentityMismatch => {
            en: "The same device stands in both systems, but its serial or MAC is written \
                 differently, so the systems do not recognise it.",
            pt: "O mesmo equipamento está nos dois sistemas, mas o serial ou o MAC foi \
                 escrito diferente, e os sistemas não o reconhecem." }
        SwappedDevice => {
            en: "The customer got another device; the Provider still holds the old one's \
                 serial and MAC.",
            pt: "O cliente recebeu outro equipamento; o Provedor ainda tem o serial e o MAC \
                 do antigo." }
        InactiveLogin => {
            en: "The device is in the ACS, but its login is not active. The Provider sends \
                 only devices with a linked and active login, so it does not count this one.",
            pt: "O equipamento está no ACS, mas o login dele não está ativo. O Provedor só \
                 envia quem tem login vinculado e ativo, por isso não conta este." }
        Returned => {
            en: "It was deleted by hand in the ACS, which removed it from the Provider too; \
                 then the device called home again and is back in the ACS only.",
            pt: "Foi excluído à mão no ACS, o que o tirou também do Provedor; depois o \
                 equipamento voltou a informar e ficou só no ACS." }
        AwaitingSync => {
            en: "The device is newer than the last synchronisation of the ACS, and an active \
                 login fits it. The next synchronisation will join them.",
            pt: "O equipamento é mais novo que a última sincronização do ACS, e há um login \
                 ativo que serve para ele. A próxima sincronização junta os dois." }
        UnlinkedLogin => {
            en: "The device is in the ACS, but in the Provider no login is linked to it, so \
                 the synchronisation skips it.",
            pt: "O equipamento está no ACS, mas no Provedor nenhum login está vinculado a \
                 ele, e a sincronização o ignora." }
        LostWebhook => {
            en: "It was deleted by hand in the ACS, but the webhook that tells the Provider \
                 did not take effect: the Provider still lists it.",
            pt: "Foi excluído à mão no ACS, mas o webhook que avisa o Provedor não teve \
                 efeito: o Provedor ainda o lista." }
        PendingPurge => {
            en: "A mass exclusion removed it from the ACS, which sends no webhook. The \
                 Provider keeps it until the Provider itself synchronises.",
            pt: "Uma exclusão em massa o tirou do ACS, e isso não manda webhook. O Provedor \
                 o mantém até que o próprio Provedor sincronize." }
        NeverSeen => {
            en: "The Provider lists it with an active login, but it never called home to \
                 the ACS.",
            pt: "O Provedor o lista com login ativo, mas ele nunca informou ao ACS." }
        RemovedUnknown => {
            en: "The Provider lists it and the ACS does not. Nothing that is known tells \
                 whether somebody deleted it, a mass exclusion removed it, or it never was \
                 there.",
            pt: "O Provedor o lista e o ACS não. Nada do que se sabe diz se alguém o \
                 excluiu, se saiu numa exclusão em massa, ou se nunca esteve lá." }
        Unexplained => {
            en: "No known cause fits. It stays a line of the ledger, so that nothing is \
                 hidden in a rounding.",
            pt: "Nenhuma causa conhecida serve. Fica como linha do balanço, para nada se \
                 esconder num arredondamento." }
        FieldDrift => {
            en: "The device is in both systems and counted, but a field says different \
                 things. It moves no count.",
            pt: "O equipamento está nos dois sistemas e é contado, mas um campo diz coisas \
                 diferentes. Não muda nenhum total." }
        ManualDelete => {
            en: "It was deleted by hand and is gone from both systems. It leaves no \
                 difference today; it explains why today's number is not yesterday's.",
            pt: "Foi excluído à mão e saiu dos dois sistemas. Não deixa diferença hoje; \
                 explica por que o número de hoje não é o de ontem." }
    }
}

labels! {
    /// What to do about it, first choice first.
    cause_todo(Cause) {
        Duplicate => {
            en: "Look at the records, keep the right one and correct the others. Where one \
                 is likelier, the report names it.",
            pt: "Olhe os cadastros, fique com o certo e corrija os outros. Quando um é mais \
                 provável, o relatório o cita." }
        IdentityMismatch => {
            en: "Read the serial on the device's label and correct it in the Provider.",
            pt: "Confira o serial na etiqueta do equipamento e corrija no Provedor." }
        SwappedDevice => {
            en: "In the Provider, put the new device's serial and MAC in the old one's \
                 place. That settles both sides at once.",
            pt: "No Provedor, coloque o serial e o MAC do equipamento novo no lugar do \
                 antigo. Isso acerta os dois lados de uma vez." }
        InactiveLogin => {
            en: "Nothing to send: it is right while the contract is blocked or ended. If \
                 the customer should be active, activate the login in the Provider.",
            pt: "Nada a enviar: está certo enquanto o contrato estiver bloqueado ou \
                 encerrado. Se o cliente deve estar ativo, ative o login no Provedor." }
        Returned => {
            en: "If the customer still has it, send it to the Provider again from the ACS; \
                 if not, collect the device, then delete it in the ACS.",
            pt: "Se ainda está com o cliente, envie de novo ao Provedor pelo ACS; se não, \
                 recolha o equipamento e depois exclua no ACS." }
        AwaitingSync => {
            en: "Wait for tomorrow's synchronisation, or start it now in the ACS: Tools > \
                 Systems integration > Synchronise.",
            pt: "Espere a sincronização de amanhã, ou comece agora no ACS: Ferramentas > \
                 Integração de sistemas > Sincronizar." }
        UnlinkedLogin => {
            en: "In the Provider, open the customer's login and link this device to it. \
                 The report names the logins that may fit.",
            pt: "No Provedor, abra o login do cliente e vincule este equipamento. O \
                 relatório cita os logins que podem servir." }
        LostWebhook => {
            en: "Let the Provider synchronise with the ACS, or clear the serial and MAC in \
                 the Provider's entry. Check that the webhook's address still answers.",
            pt: "Deixe o Provedor sincronizar com o ACS, ou limpe o serial e o MAC no \
                 cadastro do Provedor. Confira se o endereço do webhook ainda responde." }
        PendingPurge => {
            en: "Let the Provider synchronise with the ACS; synchronising from the ACS \
                 changes nothing here. First look at those with an active login.",
            pt: "Deixe o Provedor sincronizar com o ACS; sincronizar pelo ACS não muda nada \
                 aqui. Antes, olhe os que têm login ativo." }
        NeverSeen => {
            en: "Check that the device is installed and powered, and that its TR-069 \
                 address points to the ACS.",
            pt: "Confira se o equipamento está instalado e ligado, e se o endereço TR-069 \
                 dele aponta para o ACS." }
        RemovedUnknown => {
            en: "Check one or two by hand before anything is removed. Next time acerto \
                 remembers: run it daily, with --events-file where there is one.",
            pt: "Confira um ou dois à mão antes de remover qualquer coisa. Da próxima vez o \
                 acerto lembra: rode todo dia, com --events-file onde houver." }
        Unexplained => {
            en: "Look at both records with `acerto explain KEY`, and tell us what it was.",
            pt: "Olhe os dois cadastros com `acerto explain CHAVE`, e conte para nós o que \
                 era." }
        FieldDrift => {
            en: "In the Provider, write the value that the ACS shows, unless a person typed \
                 the Provider's on purpose.",
            pt: "No Provedor, escreva o valor que o ACS mostra, a não ser que o do Provedor \
                 tenha sido posto de propósito." }
        ManualDelete => { en: "Nothing to do.", pt: "Nada a fazer." }
    }
}

counted! {
    /// How many, in one sentence.
    cause_sentence(Cause; n) {
        Duplicate => {
            en: ["{n} identity stands on several records.",
                 "{n} identities stand on several records."],
            pt: ["{n} identidade está em vários cadastros.",
                 "{n} identidades estão em vários cadastros."] }
        IdentityMismatch => {
            en: ["{n} device is written differently in the two systems.",
                 "{n} devices are written differently in the two systems."],
            pt: ["{n} equipamento está escrito diferente nos dois sistemas.",
                 "{n} equipamentos estão escritos diferente nos dois sistemas."] }
        SwappedDevice => {
            en: ["{n} customer got another device; the Provider still holds the old one.",
                 "{n} customers got another device; the Provider still holds the old ones."],
            pt: ["{n} cliente trocou de equipamento; o Provedor ainda tem o antigo.",
                 "{n} clientes trocaram de equipamento; o Provedor ainda tem os antigos."] }
        InactiveLogin => {
            en: ["{n} device has a login that is not active.",
                 "{n} devices have a login that is not active."],
            pt: ["{n} equipamento tem o login inativo.",
                 "{n} equipamentos têm o login inativo."] }
        Returned => {
            en: ["{n} device was deleted by hand in the ACS and called home again.",
                 "{n} devices were deleted by hand in the ACS and called home again."],
            pt: ["{n} equipamento foi excluído à mão no ACS e voltou a informar.",
                 "{n} equipamentos foram excluídos à mão no ACS e voltaram a informar."] }
        AwaitingSync => {
            en: ["{n} device waits for the next synchronisation of the ACS.",
                 "{n} devices wait for the next synchronisation of the ACS."],
            pt: ["{n} equipamento aguarda a próxima sincronização do ACS.",
                 "{n} equipamentos aguardam a próxima sincronização do ACS."] }
        UnlinkedLogin => {
            en: ["{n} device of the ACS has no linked login in the Provider.",
                 "{n} devices of the ACS have no linked login in the Provider."],
            pt: ["{n} equipamento do ACS não tem login vinculado no Provedor.",
                 "{n} equipamentos do ACS não têm login vinculado no Provedor."] }
        LostWebhook => {
            en: ["{n} device was deleted by hand in the ACS, and the Provider still lists it.",
                 "{n} devices were deleted by hand in the ACS, and the Provider still lists \
                  them."],
            pt: ["{n} equipamento foi excluído à mão no ACS, e o Provedor ainda o lista.",
                 "{n} equipamentos foram excluídos à mão no ACS, e o Provedor ainda os \
                  lista."] }
        PendingPurge => {
            en: ["{n} device was mass-excluded and waits for the Provider to synchronise.",
                 "{n} devices were mass-excluded and wait for the Provider to synchronise."],
            pt: ["{n} equipamento saiu em massa e aguarda a sincronização do Provedor.",
                 "{n} equipamentos saíram em massa e aguardam a sincronização do Provedor."] }
        NeverSeen => {
            en: ["{n} device of the Provider was never seen by the ACS.",
                 "{n} devices of the Provider were never seen by the ACS."],
            pt: ["{n} equipamento do Provedor nunca foi visto pelo ACS.",
                 "{n} equipamentos do Provedor nunca foram vistos pelo ACS."] }
        RemovedUnknown => {
            en: ["{n} device of the Provider is not in the ACS, and nothing tells why.",
                 "{n} devices of the Provider are not in the ACS, and nothing tells why."],
            pt: ["{n} equipamento do Provedor não está no ACS, e nada diz por quê.",
                 "{n} equipamentos do Provedor não estão no ACS, e nada diz por quê."] }
        Unexplained => {
            en: ["{n} difference is unexplained.", "{n} differences are unexplained."],
            pt: ["{n} diferença está sem explicação.",
                 "{n} diferenças estão sem explicação."] }
        FieldDrift => {
            en: ["{n} matched device has a field that differs.",
                 "{n} matched devices have a field that differs."],
            pt: ["{n} equipamento casado tem um campo que difere.",
                 "{n} equipamentos casados têm um campo que difere."] }
        ManualDelete => {
            en: ["{n} device was deleted by hand and is gone from both.",
                 "{n} devices were deleted by hand and are gone from both."],
            pt: ["{n} equipamento foi excluído à mão e saiu dos dois.",
                 "{n} equipamentos foram excluídos à mão e saíram dos dois."] }
    }
}
