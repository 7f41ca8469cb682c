//! The adapters' checks for readers of Portuguese: that all is well, or what to do, by their ids.
//!
//! English comes with the check itself, in more detail. Must not do: speak English.

use crate::app::doctor::Told;
use crate::app::{Examined, Outcome};
use crate::words::{Lang, Voice};

/// That a check went well; what it found has details of its own only in English.
pub(super) fn well(voice: &Voice, check: &Examined) -> Option<&'static str> {
    let about = about(voice, check)?;
    match check.outcome {
        Outcome::Ok => standing_well(about),
        Outcome::Skip => Some("não verificado: uma verificação anterior falhou"),
        Outcome::Warn | Outcome::Fail(_) => None,
    }
}

/// What to do about a check that did not go well.
pub(super) fn fix(voice: &Voice, check: &Examined) -> Option<&'static str> {
    let about = about(voice, check)?;
    match check.outcome {
        Outcome::Warn | Outcome::Fail(_) => standing_fix(about),
        Outcome::Ok | Outcome::Skip => None,
    }
}

/// What a side's check is about: its id without the side.
fn about<'a>(voice: &Voice, check: &'a Examined) -> Option<&'a str> {
    if voice.lang != Lang::PtBr || !matches!(check.told, Told::Said { .. }) {
        return None;
    }
    let side = ["acs-", "provider-"].into_iter().find_map(|side| check.id.strip_prefix(side));
    Some(side.unwrap_or(&check.id))
}

fn standing_well(about: &str) -> Option<&'static str> {
    if about.starts_with("permission") {
        return Some("a leitura é permitida");
    }
    Some(match about {
        "dns" => "o nome tem um endereço",
        "tcp" => "o endereço aceita conexões",
        "tls" => "nada de errado com TLS, onde é usado",
        "http" => "o servidor responde",
        "clock" => "os relógios concordam",
        "html" => "a API responde, e não uma página web",
        "token" => "o token é aceito",
        "header" => "o cabeçalho `ixcsoft` chega ao Provedor",
        "source-address" => "o endereço desta máquina é aceito",
        "version" => "o webservice v1 está lá",
        "list" => "a lista pode ser lida",
        "open" => "o NBI não está exposto",
        _ => return None,
    })
}

fn standing_fix(about: &str) -> Option<&'static str> {
    if about.starts_with("permission") {
        return Some("dê ao usuário do token (ou ao cliente de API) a permissão de ler esta lista");
    }
    Some(match about {
        "config" => "corrija a linha indicada; acerto config init escreve uma configuração inicial",
        "secrets" => {
            "grave o segredo de novo, sem espaços, em um arquivo só seu: chmod 600 ARQUIVO"
        }
        "settings" => "corrija as chaves deste lado na configuração",
        "dns" => "confira o host em url, e o DNS desta máquina (getent hosts NOME)",
        "tcp" => "confira host e porta em url, o servidor e os firewalls no caminho",
        "tls" => {
            "confira https e o host em url, o certificado do servidor, ca_file e o relógio desta \
             máquina"
        }
        "http" => {
            "confira url (a raiz do próprio sistema), o registro do servidor e os proxies no \
             caminho"
        }
        "html" | "nbi" => "url deve ser a raiz do próprio sistema; deixe o proxy passar a API",
        "token" => {
            "confira client_id e o segredo; o usuário do token está ativo? Após uma migração o \
             token precisa ser refeito"
        }
        "header" => "faça o proxy diante do Provedor passar o cabeçalho `ixcsoft`",
        "source-address" => "libere o endereço desta máquina nas redes do grupo do usuário",
        "version" => "confira url: só esquema e host",
        "list" | "total" => "veja o que o usuário ou cliente de API pode listar, e o servidor",
        "requests" => "aumente o limite de requisições do cliente de API, ou page_size",
        "clock" => "acerte os dois relógios por NTP",
        "open" => "só esta máquina deve alcançar o NBI: firewall, ou um proxy com TLS e senha",
        _ => return None,
    })
}
