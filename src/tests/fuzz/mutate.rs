//! Changes that parsers are known to fall over: bits, lengths, repetitions, pieces of the format in the wrong place.

/// No input grows beyond this many bytes.
const MAX_BYTES: usize = 64 << 10;
const EDGES: [u64; 14] = [
    0,
    1,
    7,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0xffff_ffff,
    0x1_0000_0000,
    i64::MAX as u64,
    u64::MAX - 7,
    u64::MAX,
];
const NUMBERS: [&str; 10] = [
    "0",
    "-1",
    "1e308",
    "1e999",
    "-0.0",
    "NaN",
    "4294967296",
    "9223372036854775808",
    "18446744073709551615",
    "0.1e-400",
];
/// What breaks text handling: ends of strings, odd characters, bytes that are no text.
const ODD: [&[u8]; 12] = [
    b"\0",
    b"\r\n",
    b"\"",
    b"\\",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    "\u{feff}".as_bytes(),
    "\u{202e}".as_bytes(),
    "\u{1f300}".as_bytes(),
    "\u{0130}".as_bytes(),
    b"[[[[[[[[",
    b"{\"a\":",
];

/// SplitMix64: small, and the same everywhere.
pub struct Mutator {
    state: u64,
    words: Vec<Vec<u8>>,
}

impl Mutator {
    pub fn new(seed: u64, words: &[&str]) -> Self {
        let words = words.iter().map(|word| word.as_bytes().to_vec());
        Self {
            state: seed,
            words: words.collect(),
        }
    }

    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `bound`; 0 for a bound of 0.
    fn below(&mut self, bound: usize) -> usize {
        (self.random() % bound.max(1) as u64) as usize
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// A place and a length within, usually short.
    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let from = self.below(length);
        let longest = if self.below(4) == 0 { length } else { 16 };
        let to = from + 1 + self.below(longest);
        from..to.min(length)
    }

    /// A changed member of the pool.
    pub fn next(&mut self, pool: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = self.one(pool);
        for _ in 0..=self.below(6) {
            self.change(&mut bytes, pool);
            bytes.truncate(MAX_BYTES);
        }
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, pool: &[Vec<u8>]) {
        if bytes.is_empty() {
            *bytes = self.one(pool);
        }
        let at = self.below(bytes.len());
        match self.below(11) {
            0 => bytes[at..]
                .iter_mut()
                .take(1)
                .for_each(|b| *b ^= 1 << (at % 8)),
            1 => {
                let byte = self.random() as u8;
                bytes[at..].iter_mut().take(1).for_each(|b| *b = byte);
            }
            2 => drop(bytes.drain(self.range(bytes.len()))),
            3 => {
                let piece = bytes[self.range(bytes.len())].to_vec();
                insert(bytes, at, &piece);
            }
            4 => self.repeat(bytes, at),
            5 => self.edge(bytes, at),
            6 => bytes.truncate(at),
            7 => {
                let other = self.one(pool);
                let from = self.below(other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            8 => self.number(bytes),
            9 => {
                let odd = self.one(&ODD);
                insert(bytes, at, odd);
            }
            _ => {
                let words = std::mem::take(&mut self.words);
                if !words.is_empty() {
                    insert(bytes, at, &self.one(&words));
                }
                self.words = words;
            }
        }
    }

    /// A short piece very often: nesting, long names, many entries.
    fn repeat(&mut self, bytes: &mut Vec<u8>, at: usize) {
        let range = self.range(bytes.len());
        let piece = bytes[range.start..range.end.min(range.start + 32)].to_vec();
        let times = 1 << self.below(11);
        insert(bytes, at, &piece.repeat(times));
    }

    /// A length or size at its edge, in either byte order, over what was there.
    fn edge(&mut self, bytes: &mut [u8], at: usize) {
        let value = self.one(&EDGES);
        let (little, big) = (value.to_le_bytes(), value.to_be_bytes());
        let width = 1 << self.below(4);
        let written = match self.below(2) {
            0 => &little[..width],
            _ => &big[8 - width..],
        };
        for (place, byte) in bytes[at..].iter_mut().zip(written) {
            *place = *byte;
        }
    }

    /// Another number where digits stand.
    fn number(&mut self, bytes: &mut Vec<u8>) {
        let digits: Vec<usize> = (0..bytes.len())
            .filter(|n| bytes[*n].is_ascii_digit())
            .collect();
        if digits.is_empty() {
            return;
        }
        let from = self.one(&digits);
        let length = bytes[from..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        let number = self.one(&NUMBERS);
        bytes.splice(from..from + length, number.bytes());
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    bytes.splice(at..at, piece.iter().copied());
}

#[cfg(test)]
mod tests {
    use super::Mutator;

    #[test]
    fn the_same_seed_finds_long_cut_nested_and_unreadable_inputs() {
        let pool = [br#"{"id":"JOB","size":4}"#.to_vec()];
        let inputs = |seed| {
            let mut mutator = Mutator::new(seed, &["COMPLETED"]);
            (0..4_000).map(|_| mutator.next(&pool)).collect::<Vec<_>>()
        };
        let found = inputs(1);
        assert_eq!(found, inputs(1));
        assert_ne!(found, inputs(2));
        let any = |fits: fn(&[u8]) -> bool| found.iter().any(|input| fits(input));
        let has = |piece: &str| {
            let piece = piece.as_bytes();
            found
                .iter()
                .any(|i| i.windows(piece.len()).any(|w| w == piece))
        };
        assert!(any(|i| i.len() > 10_000) && any(|i| i.len() < 5));
        assert!(any(|i| std::str::from_utf8(i).is_err()));
        assert!(has("[[[[[[[[") && has("COMPLETED") && has("18446744073709551615"));
    }
}
