//! A file's bytes, unpacked.

use std::io::{self, Cursor, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

/// Bytes by which a format is recognised.
const HEAD: usize = 64 * 1024;
/// A file that was packed twice is a mistake, one packed more often an attack.
const MOST_LAYERS: usize = 2;

/// Bytes to read, the first of which are known already.
pub struct Input {
    /// The first bytes, unpacked; up to 64 KiB.
    pub head: Vec<u8>,
    rest: Box<dyn Read + Send>,
}

impl Input {
    /// Opens a file, and unpacks it if it is packed.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn open(path: &Path) -> io::Result<Input> {
        Input::of(Box::new(std::fs::File::open(path)?))
    }

    /// Bytes that are in memory.
    ///
    /// # Errors
    /// What is packed may be broken.
    pub fn of_bytes(bytes: Vec<u8>) -> io::Result<Input> {
        Input::of(Box::new(Cursor::new(bytes)))
    }

    fn of(mut rest: Box<dyn Read + Send>) -> io::Result<Input> {
        for _ in 0..=MOST_LAYERS {
            let head = head(&mut rest)?;
            if !head.starts_with(&[0x1f, 0x8b]) {
                let bare = head.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec);
                return Ok(Input { head: bare.unwrap_or(head), rest });
            }
            rest = Box::new(MultiGzDecoder::new(io::BufReader::with_capacity(HEAD, Cursor::new(head).chain(rest))));
        }
        Err(io::Error::other("it is packed with gzip more than twice"))
    }

    /// All bytes, from the first on.
    #[must_use]
    pub fn into_reader(self) -> Box<dyn Read + Send> {
        Box::new(Cursor::new(self.head).chain(self.rest))
    }
}

/// The first bytes; fewer only where there are no more, or where they cannot be unpacked further.
fn head(reader: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    match reader.take(HEAD as u64).read_to_end(&mut head) {
        Err(error) if head.is_empty() => Err(error),
        // Whoever reads on meets the error again.
        _ => Ok(head),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn packed_bytes_are_the_same_bytes() {
        let plain: Vec<u8> = (0..200_000u32).flat_map(u32::to_le_bytes).collect();
        for bytes in [
            plain.clone(),
            packed(&plain),
            packed(&packed(&plain)),
            [packed(&plain[..9]), packed(&plain[9..])].concat(),
        ] {
            let input = Input::of_bytes(bytes).unwrap();
            assert_eq!(input.head, plain[..HEAD]);
            let mut all = Vec::new();
            input.into_reader().read_to_end(&mut all).unwrap();
            assert!(all == plain);
        }
        let often = packed(&packed(&packed(b"x")));
        assert!(Input::of_bytes(often).is_err());
        assert_eq!(Input::of_bytes(b"\xef\xbb\xbfab".to_vec()).unwrap().head, b"ab");
    }
}
