//! Fixes in words: what to click or do, for those whom no adapter serves yet.
//!
//! Must not do: choose a fix.

use crate::engine::Fix;
use crate::words::labels;

labels! {
    /// A few words for a step.
    fix_name(Fix) {
        LinkLogin => { en: "link the login", pt: "vincular o login" }
        ReplaceIdentity => { en: "replace the old device's identity",
            pt: "trocar a identidade do antigo" }
        CorrectIdentity => { en: "correct the identity", pt: "corrigir a identidade" }
        UpdateProvider => { en: "update the field", pt: "atualizar o campo" }
        SendDevice => { en: "send the device again", pt: "enviar de novo o equipamento" }
        DeleteInAcs => { en: "delete in the ACS", pt: "excluir no ACS" }
        Synchronise => { en: "synchronise the ACS", pt: "sincronizar o ACS" }
        SynchroniseProvider => { en: "synchronise the Provider", pt: "sincronizar o Provedor" }
        RemoveInProvider => { en: "clear the entry", pt: "limpar o cadastro" }
        Investigate => { en: "investigate", pt: "investigar" }
        ChooseByHand => { en: "choose by hand", pt: "escolher à mão" }
        Ignore => { en: "ignore", pt: "ignorar" }
    }
}

labels! {
    /// What to click or do by hand.
    fix_how(Fix) {
        LinkLogin => {
            en: "In the Provider, open the login and link it to this device.",
            pt: "No Provedor, abra o login e vincule este equipamento." }
        ReplaceIdentity => {
            en: "In the Provider, put the new serial and MAC in the old ones' place; then clear \
                 the login's MAC, or the new device can't connect.",
            pt: "No Provedor, troque o serial e o MAC antigos pelos novos; depois limpe o MAC do \
                 login, senão o equipamento novo não conecta." }
        CorrectIdentity => {
            en: "In the Provider, correct the serial and MAC as the device's label says.",
            pt: "No Provedor, corrija o serial e o MAC conforme a etiqueta do equipamento." }
        UpdateProvider => {
            en: "In the Provider, write the value that the ACS shows.",
            pt: "No Provedor, escreva o valor que o ACS mostra." }
        SendDevice => {
            en: "In the ACS, open the device and send it to the Provider again.",
            pt: "No ACS, abra o equipamento e envie de novo ao Provedor." }
        DeleteInAcs => {
            en: "In the ACS, delete the device; it comes back if it still calls home.",
            pt: "No ACS, exclua o equipamento; ele volta se ainda informar." }
        Synchronise => {
            en: "In the ACS: Tools > Systems integration > Synchronise.",
            pt: "No ACS: Ferramentas > Integração de sistemas > Sincronizar." }
        SynchroniseProvider => {
            en: "In the Provider, start its synchronisation with the ACS: it drops every entry \
                 whose device the ACS no longer holds.",
            pt: "No Provedor, comece a sincronização com o ACS: ela tira todo cadastro cujo \
                 equipamento o ACS não tem mais." }
        RemoveInProvider => {
            en: "In the Provider, clear the entry's serial and MAC; delete neither the login \
                 nor the ONU.",
            pt: "No Provedor, limpe o serial e o MAC do cadastro; não exclua o login nem a ONU." }
        Investigate => {
            en: "Find out: is the device installed, powered, and pointed at the ACS?",
            pt: "Investigue: o equipamento está instalado, ligado e apontado para o ACS?" }
        ChooseByHand => {
            en: "Choose the right record by hand and correct the others.",
            pt: "Escolha à mão o cadastro certo e corrija os outros." }
        Ignore => {
            en: "Leave it, with a reason: `acerto ignore KEY --reason R`.",
            pt: "Deixe como está, com um motivo: `acerto ignore CHAVE --reason MOTIVO`." }
    }
}
