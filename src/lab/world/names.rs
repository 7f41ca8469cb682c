//! Invented people and companies; their documents have wrong check digits, so that nobody's
//! real number can ever stand here.
//!
//! Must not do: name anybody, or hold a number that could be in use.

use super::dice::Dice;

const FIRST: [&str; 32] = [
    "Ana", "Bruno", "Carla", "Davi", "Elisa", "Fabio", "Gilda", "Heitor", "Iara", "Jonas", "Katia",
    "Luis", "Marta", "Nilton", "Olga", "Paulo", "Quezia", "Renan", "Sonia", "Tiago", "Ursula",
    "Valter", "Wanda", "Yara", "Zeca", "Alice", "Caio", "Denise", "Enzo", "Flavia", "Gustavo",
    "Helena",
];
const LAST: [&str; 32] = [
    "Alves", "Barros", "Campos", "Duarte", "Esteves", "Farias", "Gomes", "Horta", "Inacio",
    "Jardim", "Klein", "Lima", "Moraes", "Neves", "Oliveira", "Pinto", "Queiroz", "Ramos",
    "Santana", "Teles", "Uchoa", "Vieira", "Werner", "Xavier", "Zanin", "Arruda", "Bastos",
    "Correia", "Dantas", "Freitas", "Guedes", "Macedo",
];
const TRADES: [&str; 8] =
    ["Padaria", "Mercado", "Oficina", "Clinica", "Escola", "Papelaria", "Farmacia", "Pousada"];
const AREA_CODES: [i64; 6] = [11, 21, 31, 47, 48, 81];

/// A customer.
pub(super) struct Customer {
    pub name: String,
    pub document: String,
    pub phone: String,
    pub email: String,
    pub is_company: bool,
    /// What a login is made of: `ana.lima`.
    pub handle: String,
}

/// Somebody new; one in twelve is a company.
pub(super) fn customer(dice: &mut Dice) -> Customer {
    let (first, last) = (dice.pick(&FIRST), dice.pick(&LAST));
    let middle = dice.pick(&LAST);
    let area = AREA_CODES[dice.below(AREA_CODES.len())];
    let phone = format!("({area}) 9{:04}-{:04}", dice.between(0, 9999), dice.between(0, 9999));
    let is_company = dice.chance(1.0 / 12.0);
    let (name, handle) = if is_company {
        let trade = dice.pick(&TRADES);
        (format!("{trade} {last} LTDA"), format!("{trade}.{last}").to_lowercase())
    } else {
        (format!("{first} {middle} {last}"), format!("{first}.{last}").to_lowercase())
    };
    let document = if is_company { cnpj(dice) } else { cpf(dice) };
    let email = format!("{handle}@mail.example");
    Customer { name, document, phone, email, is_company, handle }
}

/// A check digit of CPF and CNPJ: weighted sum modulo 11.
fn check(digits: &[u32], weight_most: u32) -> u32 {
    let mut weight = 1;
    let sum: u32 = digits
        .iter()
        .rev()
        .map(|digit| {
            weight = if weight == weight_most { 2 } else { weight + 1 };
            weight * digit
        })
        .sum();
    (sum * 10 % 11) % 10
}

fn digits(dice: &mut Dice, count: usize) -> Vec<u32> {
    (0..count).map(|_| u32::try_from(dice.between(0, 9)).unwrap_or_default()).collect()
}

/// Appends two check digits, both of them wrong.
fn with_wrong_checks(mut number: Vec<u32>, weight_most: u32) -> String {
    for off in [3, 5] {
        let wrong = (check(&number, weight_most) + off) % 10;
        number.push(wrong);
    }
    number.iter().map(ToString::to_string).collect()
}

fn cpf(dice: &mut Dice) -> String {
    let n = with_wrong_checks(digits(dice, 9), 11);
    format!("{}.{}.{}-{}", &n[..3], &n[3..6], &n[6..9], &n[9..])
}

fn cnpj(dice: &mut Dice) -> String {
    let mut base = digits(dice, 8);
    base.extend([0, 0, 0, 1]);
    let n = with_wrong_checks(base, 9);
    format!("{}.{}.{}/{}-{}", &n[..2], &n[2..5], &n[5..8], &n[8..12], &n[12..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_itself_is_right() {
        // The published example of the algorithm, and the tax office's own CNPJ.
        assert_eq!(check(&[1, 1, 1, 4, 4, 4, 7, 7, 7], 11), 3);
        assert_eq!(check(&[1, 1, 1, 4, 4, 4, 7, 7, 7, 3], 11), 5);
        assert_eq!(check(&[1, 1, 2, 2, 2, 3, 3, 3, 0, 0, 0, 1], 9), 8);
    }

    #[test]
    fn no_document_could_be_somebodys() {
        let mut dice = Dice::new(7);
        for _ in 0..5000 {
            let customer = customer(&mut dice);
            let n: Vec<u32> = customer.document.chars().filter_map(|c| c.to_digit(10)).collect();
            let weight = if customer.is_company { 9 } else { 11 };
            let body = n.len() - 2;
            assert_ne!(n[body], check(&n[..body], weight), "{}", customer.document);
            assert_eq!(customer.phone.len(), "(47) 90000-0000".len());
        }
    }
}
