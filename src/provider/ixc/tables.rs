//! The tables that are read, and which of their columns (IXC.md section 1, "Values").
//!
//! Must not do: name a column that holds a password, a Wi-Fi key or anything else not used.

/// A table of IXC Provedor that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Table {
    /// Logins.
    Logins,
    /// ONUs.
    Onus,
    /// Customers.
    Customers,
    /// Contracts.
    Contracts,
    /// Speed profiles.
    Groups,
    /// Which speed profile a contract sells.
    Products,
    /// Who changed what: read beside a write only.
    Logs,
}

impl Table {
    /// Every table that a fetch reads, those that are needed first.
    pub(super) const ALL: [Self; 6] =
        [Self::Logins, Self::Onus, Self::Customers, Self::Contracts, Self::Groups, Self::Products];

    /// Its name in the address.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Logins => "radusuarios",
            Self::Onus => "radpop_radio_cliente_fibra",
            Self::Customers => "cliente",
            Self::Contracts => "cliente_contrato",
            Self::Groups => "radgrupos",
            Self::Products => "vd_contratos_produtos",
            Self::Logs => "ixc_logs",
        }
    }

    /// What is missing from a snapshot where the token may not read it; `None`: it is needed.
    pub(super) fn without(self) -> Option<&'static str> {
        match self {
            Self::Logins | Self::Onus => None,
            Self::Customers => Some("customers' names, documents and phones"),
            Self::Contracts => Some("contract states, and plans of logins without a profile"),
            Self::Groups => Some("plans and their speeds"),
            Self::Products => Some("plans of logins without a profile of their own"),
            Self::Logs => Some("what else a write changed"),
        }
    }

    /// The columns that are kept, beside `id`; all others are dropped at decode.
    pub(super) fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Logins => &[
                "ativo",
                "online",
                "id_cliente",
                "id_contrato",
                "id_grupo",
                "autenticacao",
                "tipo_conexao_mapa",
            ],
            Self::Onus => {
                &["id_login", "id_contrato", "id_transmissor", "ponid", "onu_numero", "sinal_rx"]
            }
            Self::Customers => &[
                "razao",
                "fantasia",
                "cnpj_cpf",
                "fone",
                "telefone_celular",
                "telefone_comercial",
                "whatsapp",
            ],
            Self::Contracts => &["id_cliente", "status", "status_internet", "id_vd_contrato"],
            Self::Groups => &["grupo", "download", "upload"],
            Self::Products => &["id_contrato", "id_vd_contrato", "id_plano"],
            Self::Logs => &["tabela", "id_tabela", "tipo", "operador", "campos"],
        }
    }

    /// Columns without which its rows would be misread: not to be missing from every row.
    pub(super) fn needed(self) -> &'static [&'static str] {
        match self {
            Self::Logins => &["ativo"],
            Self::Onus => &["id_login"],
            _ => &[],
        }
    }
}
