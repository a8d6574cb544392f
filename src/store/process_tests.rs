//! Here is a process that is killed, stopped or out of space; the old file stays.
//!
//! These tests start this very test program again, as the process things happen
//! to: the one ignored test below is its life.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;
use std::{env, fs};

use super::{AtomicFile, ModelFile, OpenOptions, Writer, discard_partials};
use crate::error::Result;

const LIFE: &str = "store::process_tests::life_of_another_process";
const TARGET: &str = "COUNTERPOINT_TEST_TARGET";
const DEED: &str = "COUNTERPOINT_TEST_DEED";

fn save(path: &Path, numbers: usize) -> Result<()> {
    let mut writer = Writer::create(path, "test")?;
    writer.column("numbers", &vec![1_u32; numbers])?;
    writer.finish(&numbers)?;
    Ok(())
}

fn numbers_at(path: &Path) -> usize {
    let file = ModelFile::open(path, OpenOptions::default()).unwrap();
    let numbers = file.header().unwrap();
    assert_eq!(file.column::<u32>("numbers").unwrap().len(), numbers);
    numbers
}

fn partials_in(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".partial")).count()
}

fn another_process(deed: &str, target: &Path, shell: Option<&str>) -> Command {
    let program = env::current_exe().unwrap();
    let mut command = match shell {
        None => Command::new(&program),
        Some(script) => {
            let mut command = Command::new("sh");
            command.args(["-c", script, "sh"]).arg(&program);
            command
        }
    };
    command
        .args(["--exact", LIFE, "--ignored", "--nocapture"])
        .env(TARGET, target)
        .env(DEED, deed)
        .stdout(Stdio::null());
    command
}

#[test]
#[ignore = "the other process of the tests here, not a test"]
fn life_of_another_process() {
    let (Some(target), Ok(deed)) = (env::var_os(TARGET), env::var(DEED)) else {
        return;
    };
    let target = PathBuf::from(target);
    match deed.as_str() {
        "save on and on" => (0..100_000).for_each(|round| save(&target, 1 + round % 7000).unwrap()),
        "save much" => eprintln!("{}", save(&target, 1 << 20).unwrap_err()),
        "discard" => {
            let mut file = AtomicFile::create(&target).unwrap();
            file.write_all(b"half").unwrap();
            let folder = target.parent().unwrap();
            assert_eq!(partials_in(folder), 1);
            discard_partials();
            assert_eq!(partials_in(folder), 0);
            eprintln!("{}", file.commit().unwrap_err());
        }
        other => panic!("no such deed: {other}"),
    }
}

#[test]
fn a_killed_save_leaves_a_valid_file_and_its_temporary_is_swept() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("a.model");
    save(&target, 1).unwrap();
    let mut orphans = 0;
    for round in 0..40 {
        let mut other = another_process("save on and on", &target, None)
            .spawn()
            .unwrap();
        while partials_in(folder.path()) == 0 {
            assert!(other.try_wait().unwrap().is_none(), "it ended by itself");
        }
        sleep(Duration::from_millis(round % 13));
        other.kill().unwrap();
        other.wait().unwrap();
        numbers_at(&target);
        orphans += partials_in(folder.path());
        save(&target, 1).unwrap();
        assert_eq!(partials_in(folder.path()), 0);
    }
    assert!(orphans > 0, "no round killed a save midway");
}

#[cfg(unix)]
#[test]
fn a_full_disk_keeps_the_old_file_and_says_what_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("a.model");
    save(&target, 5).unwrap();
    let little_space = "trap '' XFSZ; ulimit -f 256; exec \"$@\"";
    let output = another_process("save much", &target, Some(little_space)).output();
    let output = output.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    let needed = 4096 + 4 * (1 << 20);
    assert!(said.contains("a.model"), "{said}");
    assert!(said.contains(&format!("at least {needed} bytes")), "{said}");
    assert_eq!(numbers_at(&target), 5);
    assert_eq!(partials_in(folder.path()), 0);
}

#[test]
fn discarded_temporaries_are_gone_and_cannot_be_committed() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("a.arpa");
    fs::write(&target, "old").unwrap();
    let output = another_process("discard", &target, None).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("cannot write"), "{said}");
    assert_eq!(fs::read_to_string(&target).unwrap(), "old");
}
