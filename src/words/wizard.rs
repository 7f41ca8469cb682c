//! What `config init` asks, and what it says of a wrong answer.
//!
//! Must not do: check an answer.

use crate::domain::text::visible;
use crate::words::{Voice, labels, say, word};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The profile's name.
    Profile,
    /// The zone.
    Zone,
    /// Which ACS.
    AcsKind,
    /// Which Provider.
    ProviderKind,
    /// Its address.
    Url,
    /// The API client of the ACS.
    ClientId,
    /// Its secret.
    ClientSecret,
    /// The API user of the Provider.
    UserId,
    /// Its token.
    Token,
    /// The user of a proxy before `GenieACS`.
    ProxyUser,
    /// Its password.
    ProxyPassword,
    /// An export.
    File,
    /// Shall it be written?
    Write,
    /// Shall a first run be made?
    Run,
}

labels! {
    /// The question, without its default.
    wizard_ask(Ask) {
        Profile => { en: "Profile name", pt: "Nome do perfil" }
        Zone => { en: "Time zone of the ISP, like America/Sao_Paulo",
            pt: "Fuso horário do provedor, como America/Sao_Paulo" }
        AcsKind => { en: "ACS: 1 IXC ACS, 2 GenieACS, 3 an exported file",
            pt: "ACS: 1 IXC ACS, 2 GenieACS, 3 um arquivo exportado" }
        ProviderKind => { en: "Provider: 1 IXC Provedor, 2 an exported file",
            pt: "Provedor: 1 IXC Provedor, 2 um arquivo exportado" }
        Url => { en: "Address, scheme and host only, like https://isp.example",
            pt: "Endereço, só esquema e host, como https://isp.example" }
        ClientId => { en: "Client ID of the API client", pt: "Client ID do cliente de API" }
        ClientSecret => { en: "Client Secret (not shown while you type)",
            pt: "Client Secret (não aparece enquanto você digita)" }
        UserId => { en: "Id of the API user, like 12", pt: "Id do usuário da API, como 12" }
        Token => { en: "Token of that user (not shown while you type)",
            pt: "Token desse usuário (não aparece enquanto você digita)" }
        ProxyUser => { en: "User, where a proxy asks for one; - for none",
            pt: "Usuário, se um proxy pedir; - para nenhum" }
        ProxyPassword => { en: "Password of that user (not shown while you type)",
            pt: "Senha desse usuário (não aparece enquanto você digita)" }
        File => { en: "Path of the exported file, like acs.csv",
            pt: "Caminho do arquivo exportado, como acs.csv" }
        Write => { en: "Write these files? (y/n)", pt: "Gravar estes arquivos? (s/n)" }
        Run => { en: "Make a first run now? It only reads. (y/n)",
            pt: "Fazer a primeira execução agora? Ela só lê. (s/n)" }
    }
}

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing was typed.
    Empty,
    /// A character at an end that nobody sees.
    Edge {
        /// At the beginning, or at the end?
        begins: bool,
        /// Which.
        character: char,
        /// Its place, counted from 1.
        position: usize,
    },
    /// A control character inside.
    Control,
    /// No name of a profile.
    Name,
    /// Its secret's file is there already.
    Taken(String),
    /// No zone.
    Zone,
    /// None of the choices.
    Choice,
    /// Neither yes nor no.
    YesOrNo,
    /// No scheme.
    Scheme,
    /// More than scheme and host.
    Path,
    /// A user or a password in it.
    User,
    /// Plain http to another machine.
    Http,
    /// No address at all.
    Address,
    /// No such file.
    NoFile(String),
}

/// Why an answer is asked for again.
#[must_use]
pub fn wizard_fault(voice: &Voice, fault: &Fault) -> String {
    let fixed = match fault {
        Fault::Edge { begins, character, position } => {
            return edge_fault(voice, *begins, *character, *position);
        }
        Fault::NoFile(path) => {
            let path = visible(path);
            return say!(voice, en: "there is no file {path}", pt: "não há arquivo {path}");
        }
        Fault::Taken(path) => {
            let path = visible(path);
            return say!(voice, en: "{path} is there already, and stays as it is: another name",
                pt: "{path} já existe e fica como está: outro nome");
        }
        Fault::Empty => word!(voice, en: "it is empty", pt: "está vazio"),
        Fault::Control => word!(voice, en: "it holds a control character: type it, or paste it \
             without formatting", pt: "contém um caractere de controle: digite, ou cole sem \
             formatação"),
        Fault::Name => word!(voice, en: "use up to 64 letters, digits, - and _",
            pt: "use até 64 letras, dígitos, - e _"),
        Fault::Zone => word!(voice, en: "it is not in the time zone database; write one like \
             America/Sao_Paulo or UTC", pt: "não está na base de fusos horários; escreva um como \
             America/Sao_Paulo ou UTC"),
        Fault::Choice => word!(voice, en: "type one of the numbers", pt: "digite um dos números"),
        Fault::YesOrNo => word!(voice, en: "type y or n", pt: "digite s ou n"),
        Fault::Scheme => word!(voice, en: "it has to begin with https:// (or http://)",
            pt: "tem de começar com https:// (ou http://)"),
        Fault::Path => word!(voice, en: "leave the path out: acerto adds its own, and a path here \
             is the most frequent mistake", pt: "tire o caminho: o acerto acrescenta o seu, e um \
             caminho aqui é o erro mais comum"),
        Fault::User => word!(voice, en: "no user or password in the address: they are asked for",
            pt: "sem usuário ou senha no endereço: eles são perguntados"),
        Fault::Http => word!(voice, en: "http to another machine would show every customer's data \
             and the secret: use https://", pt: "http para outra máquina mostraria os dados de \
             todos os clientes e o segredo: use https://"),
        Fault::Address => word!(voice, en: "that is no address", pt: "isso não é um endereço"),
    };
    fixed.to_owned()
}

fn edge_fault(voice: &Voice, begins: bool, character: char, at: usize) -> String {
    let code = format!("U+{:04X}", u32::from(character));
    let name = match character {
        ' ' => word!(voice, en: "a space", pt: "um espaço"),
        '\t' => word!(voice, en: "a tab", pt: "uma tabulação"),
        _ => word!(voice, en: "an invisible character", pt: "um caractere invisível"),
    };
    if begins {
        say!(voice, en: "it begins with {name} ({code}, character {at}); acerto never trims",
            pt: "começa com {name} ({code}, caractere {at}); o acerto nunca apara")
    } else {
        say!(voice, en: "it ends with {name} ({code}, character {at}); acerto never trims",
            pt: "termina com {name} ({code}, caractere {at}); o acerto nunca apara")
    }
}

/// What `config init` says besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark {
    /// Before the first question.
    Begin,
    /// Before the files.
    Files,
    /// A person said no.
    Unwritten,
    /// What was written stays.
    Left,
    /// Something in the check-up failed.
    Troubled,
    /// What comes next.
    Next,
}

labels! {
    /// A remark.
    wizard_remark(Remark) {
        Begin => {
            en: "A configuration in a few questions; Enter takes what stands in [brackets], \
                 Ctrl-C leaves everything as it is.",
            pt: "Uma configuração em poucas perguntas; Enter aceita o que está entre [colchetes], \
                 Ctrl-C deixa tudo como está." }
        Files => { en: "To be written, for your eyes only:",
            pt: "A gravar, só para os seus olhos:" }
        Unwritten => { en: "Nothing was written.", pt: "Nada foi gravado." }
        Left => { en: "Written, and left as they are:", pt: "Gravados, e ficam como estão:" }
        Troubled => {
            en: "Correct what failed above, then: acerto doctor",
            pt: "Corrija o que falhou acima, e depois: acerto doctor" }
        Next => {
            en: "Next: acerto (the screens), acerto --reconcile, acerto doctor. Nothing is changed \
                 in either system while read_only = true.",
            pt: "A seguir: acerto (as telas), acerto --reconcile, acerto doctor. Nada é alterado \
                 nos sistemas enquanto read_only = true." }
    }
}

/// After too many wrong answers.
#[must_use]
pub fn wizard_given_up(voice: &Voice) -> &'static str {
    word!(voice, en: "too many wrong answers; nothing was written",
        pt: "respostas erradas demais; nada foi gravado")
}

/// Where the answers end.
#[must_use]
pub fn wizard_no_answer(voice: &Voice) -> &'static str {
    word!(voice, en: "no answer came; nothing was written",
        pt: "não veio resposta; nada foi gravado")
}
