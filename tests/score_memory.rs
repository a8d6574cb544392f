//! Here is a text that is much larger than what scoring it may take; the memory stays what it was.
//!
//! What a process took at most is told together with what the process that
//! started it had taken, so this test is alone in its file, and small itself.

#![cfg(target_os = "linux")]

mod common;

use std::fs::File;
use std::io::Write;
use std::mem::MaybeUninit;
use std::process::Stdio;

use common::{Workshop, fables};

/// Writes about so many megabytes of records.
fn write_records(shop: &Workshop, name: &str, megabytes: usize) {
    let text = fables(300);
    let lines: Vec<&str> = text.lines().collect();
    let records = lines.chunks(7).map(|lines| {
        let text = serde_json::json!(lines.join("\n"));
        format!("{{\"id\": 1, \"text\": {text}, \"of\": [1.0, null]}}\n")
    });
    let records: String = records.collect();
    let mut file = File::create(shop.path(name)).unwrap();
    for _ in 0..megabytes * 1_000_000 / records.len() {
        file.write_all(records.as_bytes()).unwrap();
    }
}

/// How much memory a command took at most, in bytes.
#[expect(clippy::zombie_processes, reason = "`wait4` waits for it")]
fn peak(shop: &Workshop, words: &[&str]) -> i64 {
    let mut command = shop.command(words);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().unwrap();
    let (mut status, mut usage) = (0, MaybeUninit::<libc::rusage>::uninit());
    // SAFETY: the child is ours and nobody else waits for it; `wait4` fills both places when it
    // gives the child's number back, which is asked before they are read.
    let usage = unsafe {
        let pid = child.id().cast_signed();
        assert_eq!(libc::wait4(pid, &mut status, 0, usage.as_mut_ptr()), pid);
        usage.assume_init()
    };
    assert_eq!(status, 0, "{words:?}");
    usage.ru_maxrss * 1024
}

#[test]
fn memory_does_not_grow_with_the_text() {
    let shop = Workshop::with_corpus();
    shop.good(&["build", "a.txt", "-o", "a", "--order", "2"]);
    write_records(&shop, "short.jsonl", 6);
    write_records(&shop, "long.jsonl", 60);
    for more in [
        &["--json"][..],
        &["--add"],
        &["--at", "30,60", "--split", "h.zst", "m.gz", "t"],
    ] {
        let took = |name| {
            let score = [
                "score",
                "-m",
                "a",
                "--threads",
                "2",
                "--jsonl",
                "text",
                name,
            ];
            peak(&shop, &[&score[..], more].concat())
        };
        let (short, long) = (took("short.jsonl"), took("long.jsonl"));
        let told = format!("{more:?}: {long} bytes after {short}");
        assert!(long < short + (8 << 20) && long < 40 << 20, "{told}");
    }
}
