//! What people at the Provider enter for a customer: contract, login, ONU.
//!
//! Must not do: touch the ACS.

use super::World;
use super::dice::Dice;
use super::identity::hex_form;
use super::names;
use super::provider::{CONTRACTS, CUSTOMERS, LENT, LOGINS, ONUS, PRODUCTS, PROFILES, Row};
use super::writes::By;
use super::{clock, columns};

/// Speed profiles: what was sold, and down and up with the margin given on top.
const PLANS: [(&str, &str, &str); 6] = [
    ("100 MEGA", "150M", "75M"),
    ("300 MEGA", "400M", "200M"),
    ("500 MEGA", "700M", "350M"),
    ("600 MEGA", "850M", "425M"),
    ("1 GIGA", "1G", "600M"),
    ("EMPRESA 200", "204800", "204800"),
];

/// What stands in every password's column: none of it may ever be seen outside.
pub(super) const CANARY: &str = "CANARY-segredo";

fn filled(row: &mut Row, cells: impl IntoIterator<Item = (&'static str, String)>) {
    row.extend(cells);
}

/// Passwords in the columns that a listing shows. Those that it hides are empty, as where nobody
/// uses them: a PUT of a whole row loses nothing then.
fn secrets(
    dice: &mut Dice,
    columns: &[&'static str],
    hidden: &[&'static str],
) -> Vec<(&'static str, String)> {
    let is_secret =
        |c: &str| c.contains("senha") || c.starts_with("token") || c.starts_with("chave");
    let number = dice.below(100_000);
    let found = columns.iter().filter(|c| is_secret(c) && **c != "cliente_tem_a_senha");
    let found = found.filter(|c| !hidden.contains(c));
    found.map(|c| (*c, format!("{CANARY}-{number}"))).collect()
}

impl World {
    /// The speed profiles, which every Provider starts with.
    pub(super) fn open_shop(&mut self) {
        for (name, down, up) in PLANS {
            let row = Row::from([
                ("grupo", name.to_owned()),
                ("download", down.to_owned()),
                ("upload", up.to_owned()),
                ("ativo", "S".to_owned()),
            ]);
            self.add(PROFILES, row, By::Person);
        }
    }

    /// A new customer with a contract and a login that carries no device yet.
    pub(super) fn sign_customer(&mut self) -> u64 {
        let who = names::customer(&mut self.dice);
        let customer = self.add_customer(&who);
        let plan = self.dice.below(PLANS.len());
        let contract = self.add_contract(customer, plan);
        self.add_login(&who.handle, customer, contract, plan)
    }

    fn add_customer(&mut self, who: &names::Customer) -> u64 {
        let (document, phone) = typed(who);
        let mut row = Row::from([
            ("razao", who.name.clone()),
            ("fantasia", if who.is_company { who.name.clone() } else { String::new() }),
            ("tipo_pessoa", if who.is_company { "J" } else { "F" }.to_owned()),
            ("cnpj_cpf", document),
            ("ativo", "S".to_owned()),
            ("telefone_celular", phone.clone()),
            ("email", who.email.clone()),
            ("data_cadastro", clock::local_date(self.now)),
        ]);
        let second = if who.is_company { "telefone_comercial" } else { "whatsapp" };
        filled(&mut row, [(second, phone)]);
        let secrets = secrets(&mut self.dice, columns::CLIENTE, columns::CLIENTE_HIDDEN);
        filled(&mut row, secrets);
        self.add(CUSTOMERS, row, By::Person).unwrap_or_default()
    }

    fn add_contract(&mut self, customer: u64, plan: usize) -> u64 {
        let today = clock::local_date(self.now);
        let (name, _, _) = PLANS[plan];
        let mut row = Row::from([
            ("id_cliente", customer.to_string()),
            ("status", "A".to_owned()),
            ("status_internet", "A".to_owned()),
            ("id_vd_contrato", (plan + 1).to_string()),
            ("contrato", name.to_owned()),
            ("data", today.clone()),
            ("data_ativacao", today),
        ]);
        let secrets = secrets(&mut self.dice, columns::CONTRATO, columns::CONTRATO_HIDDEN);
        filled(&mut row, secrets);
        let contract = self.add(CONTRACTS, row, By::Person).unwrap_or_default();
        let product = Row::from([
            ("id_contrato", contract.to_string()),
            ("id_vd_contrato", (plan + 1).to_string()),
            ("id_plano", (plan + 1).to_string()),
            ("descricao", name.to_owned()),
            ("qtde", "1".to_owned()),
            ("valor_unit", "99.90000".to_owned()),
        ]);
        self.add(PRODUCTS, product, By::Person);
        contract
    }

    fn add_login(&mut self, handle: &str, customer: u64, contract: u64, plan: usize) -> u64 {
        let id = self.next_ids.get(LOGINS).copied().unwrap_or(1);
        let hides_plan = self.dice.chance(0.1);
        let hides_contract = self.dice.chance(0.05);
        let number = |hidden: bool, n: String| if hidden { "0".to_owned() } else { n };
        let mut row = Row::from([
            ("login", format!("{handle}.{id}")),
            ("ativo", "S".to_owned()),
            ("online", if self.dice.chance(0.02) { "SS" } else { "S" }.to_owned()),
            ("id_cliente", customer.to_string()),
            ("id_contrato", number(hides_contract, contract.to_string())),
            ("id_grupo", number(hides_plan, (plan + 1).to_string())),
            ("autenticacao", "L".to_owned()),
            ("tipo_conexao_mapa", "F".to_owned()),
            ("data_cadastro", clock::local(self.now)),
            ("ultima_conexao_inicial", clock::local(self.now)),
        ]);
        let secrets = secrets(&mut self.dice, columns::RADUSUARIOS, columns::RADUSUARIOS_HIDDEN);
        filled(&mut row, secrets);
        self.add(LOGINS, row, By::Person).unwrap_or_default()
    }

    /// A row for an ONU, its serial in one of the spellings that people use.
    pub(super) fn add_onu(
        &mut self,
        serial: &str,
        model: &str,
        login: Option<u64>,
        by: By,
    ) -> Option<u64> {
        let spelt = match self.dice.below(10) {
            0..=1 if serial.len() == 12 => hex_form(serial),
            2 => serial.to_lowercase(),
            _ => serial.to_owned(),
        };
        let contract = login.map(|l| self.provider.cell(LOGINS, l, "id_contrato").to_owned());
        let signal = format!("-{},{:02}", self.dice.between(17, 27), self.dice.between(0, 99));
        let mut row = Row::from([
            ("mac", spelt),
            ("nome", format!("ONU {serial}")),
            ("id_login", login.unwrap_or_default().to_string()),
            ("id_contrato", contract.unwrap_or_else(|| "0".to_owned())),
            ("id_transmissor", self.dice.between(1, 8).to_string()),
            ("ponid", format!("0/{}/{}", self.dice.between(1, 4), self.dice.between(0, 15))),
            ("onu_numero", self.dice.between(1, 128).to_string()),
            ("onu_tipo", model.to_owned()),
            ("sinal_rx", signal),
            ("data_cadastro", clock::local(self.now)),
        ]);
        let secrets = secrets(&mut self.dice, columns::FIBRA, columns::FIBRA_HIDDEN);
        filled(&mut row, secrets);
        self.add(ONUS, row, by)
    }

    /// A box is lent to a customer.
    pub(super) fn lend(&mut self, serial: &str, login: u64) {
        let of_login = |column| self.provider.cell(LOGINS, login, column).to_owned();
        let row = Row::from([
            ("numero_serie", serial.to_owned()),
            ("status_comodato", "E".to_owned()),
            ("id_contrato", of_login("id_contrato")),
            ("id_cliente", of_login("id_cliente")),
            ("data", clock::local_date(self.now)),
        ]);
        self.add(LENT, row, By::Person);
    }

    /// A contract is blocked, or its login free again.
    pub(super) fn set_active(&mut self, login: u64, active: bool) -> bool {
        let contract = self
            .provider
            .row(LOGINS, login)
            .and_then(|row| super::provider::id_in(row, "id_contrato"));
        let yes_no = if active { "S" } else { "N" };
        let cells = [("ativo", yes_no.to_owned()), ("online", yes_no.to_owned())];
        if !self.set(LOGINS, login, &cells, By::Person) {
            return false;
        }
        if let Some(contract) = contract {
            let state = if active { "A" } else { "FA" };
            self.set(CONTRACTS, contract, &[("status_internet", state.to_owned())], By::Person);
        }
        true
    }
}

/// Document and phone as whoever signs a customer types them: one in five without punctuation.
fn typed(who: &names::Customer) -> (String, String) {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    if who.phone.ends_with(['3', '7']) {
        return (digits(&who.document), digits(&who.phone));
    }
    (who.document.clone(), who.phone.clone())
}
