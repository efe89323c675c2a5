//! Bytes as choices that make a cluster: every question about it is answered, and the naive judge agrees.
#![no_main]

use libfuzzer_sys::fuzz_target;
use meshgen_fuzz::{clusters, questions};

fuzz_target!(|bytes: &[u8]| {
    let Some(made) = clusters::made(bytes) else { return };
    questions::ask(made.sources());
    if made.plain {
        made.agrees();
    }
});
