//! The one source of chance: a seeded stream, so that the same seed gives the same world.
//!
//! Must not do: look at a clock or at the machine.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// A seeded stream of throws.
#[derive(Debug)]
pub(in crate::lab) struct Dice {
    stream: ChaCha8Rng,
    /// How many MACs were handed out, and from where on.
    macs: u32,
    first_mac: u32,
}

impl Dice {
    pub(in crate::lab) fn new(seed: u64) -> Self {
        let mut stream = ChaCha8Rng::seed_from_u64(seed);
        let first_mac = stream.random_range(0..=MACS_MASK);
        Self { stream, macs: 0, first_mac }
    }

    /// True with this probability.
    pub(in crate::lab) fn chance(&mut self, probability: f64) -> bool {
        self.stream.random_bool(probability.clamp(0.0, 1.0))
    }

    /// From `low` to `high`, both possible.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        self.stream.random_range(low..=high.max(low))
    }

    /// Less than `bound`; 0 where that is 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { self.stream.random_range(0..bound) }
    }

    /// One of them; the type's default where there are none.
    pub(super) fn pick<T: Copy + Default>(&mut self, from: &[T]) -> T {
        from.get(self.below(from.len())).copied().unwrap_or_default()
    }

    /// So many hex digits, upper case.
    pub(super) fn hex(&mut self, digits: usize) -> String {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        (0..digits).map(|_| char::from(DIGITS[self.below(16)])).collect()
    }

    /// The last six hex digits of a MAC that no other box has, nor its neighbour: makers number
    /// their boxes, so two with one MAC are a mistake somebody makes, never chance.
    pub(super) fn own_mac(&mut self) -> String {
        // An odd factor reaches every even number of 24 bits before one comes again.
        let number = self.first_mac.wrapping_add(self.macs).wrapping_mul(0x9E_3779) & MACS_MASK;
        self.macs += 1;
        format!("{:06X}", number << 1)
    }

    /// How often something happens that is expected `mean` times (Poisson).
    pub(super) fn times(&mut self, mean: f64) -> usize {
        let (limit, mut product, mut count) = ((-mean).exp(), 1.0, 0);
        loop {
            product *= self.stream.random_range(0.0..1.0);
            if product <= limit || count >= TIMES_MOST {
                return count;
            }
            count += 1;
        }
    }
}

/// Even numbers of 24 bits.
const MACS_MASK: u32 = 0x7F_FFFF;

/// No day holds more of one happening.
const TIMES_MOST: usize = 10_000;
