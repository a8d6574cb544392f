//! Here is a text and less memory than it takes; the model is the same, and nothing is left over.

#![cfg(unix)]

mod common;

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use common::{Ran, Workshop, fables};

/// So little that the fables do not fit.
const LITTLE: [&str; 2] = ["--memory", "1M"];

/// A folder with a text `long.txt` that does not fit, and a folder `temp`.
fn workshop() -> Workshop {
    let shop = Workshop::new();
    let varied = |round: usize| fables(2500).replace("the", &format!("the{round}"));
    shop.write("long.txt", (0..4).map(varied).collect::<String>());
    fs::create_dir(shop.path("temp")).unwrap();
    shop
}

fn words<'w>(line: &'w str, more: &[&'w str]) -> Vec<&'w str> {
    [&line.split(' ').collect::<Vec<_>>(), more].concat()
}

fn left_in_temp(shop: &Workshop) -> usize {
    fs::read_dir(shop.path("temp")).unwrap().count()
}

#[test]
fn little_memory_makes_the_same_model_on_any_number_of_threads() {
    let shop = workshop();
    for line in [
        "build long.txt",
        "build long.txt --order 2 --smoothing witten-bell",
        "build long.txt --order 1",
        "build long.txt --order 4 --smoothing stupid-backoff --min-count 2",
        "build long.txt --order 3 --smoothing absolute --prune 0 1 1 --tokenizer whitespace",
        "build long.txt --order 6 --tokenizer characters --as-kenlm",
    ] {
        shop.good(&words(line, &["-o", "roomy.cpt", "--memory", "2G"]));
        let model = shop.read("roomy.cpt");
        for threads in ["1", "2", "8"] {
            let more = [
                &LITTLE[..],
                &["-o", "tight.cpt", "--temp", "temp", "--json"],
            ]
            .concat();
            let built = shop.json(&words(line, &[&more[..], &["--threads", threads]].concat()));
            assert!(
                built["temporary_bytes"].as_u64() > Some(0),
                "{line}: {built}"
            );
            assert!(shop.read("tight.cpt") == model, "{line}, {threads} threads");
            assert_eq!(left_in_temp(&shop), 0);
        }
    }
}

#[test]
fn the_plan_stands_before_the_work_and_the_usage_after_it() {
    let shop = workshop();
    let ran = shop.run(&words("build long.txt -o m --temp temp", &LITTLE));
    let plan = ran.stderr.find("plan: about 2").expect(&ran.stderr);
    let done = ran.stderr.find("✓ m: order 5").expect(&ran.stderr);
    assert!(plan < done, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("of temporary files in temp"),
        "{}",
        ran.stderr
    );
    let input = shop.read("long.txt");
    let ran = shop.run_with_input(&words("build - -o n --temp temp", &LITTLE), &input);
    assert!(
        ran.stderr
            .contains("plan: the length of the text is not known"),
        "{ran:?}"
    );
    ran.good();
    assert!(shop.read("models/m.cpt") == shop.read("models/n.cpt"));
}

#[test]
fn what_cannot_be_is_refused_with_the_way_out() {
    let shop = workshop();
    let refused = |line: &str, code, parts: &[&str]| {
        let line = words(line, &[]);
        shop.run(&line).failed_saying(code, parts);
    };
    refused("build long.txt -o m --memory 1X", 2, &["--memory", "2G"]);
    refused("build long.txt -o m --memory 130%", 2, &["--memory"]);
    refused(
        "build long.txt -o m --temp nowhere",
        2,
        &["--temp nowhere", "help: "],
    );
    refused("build long.txt -o m --prune 1 0", 2, &["--prune 0 0 1"]);
    refused(
        "build long.txt -o m --order 2 --prune 0 0 1",
        2,
        &["--prune", "2 orders"],
    );
    refused(
        "build long.txt -o m --limit-vocab none.txt",
        1,
        &["none.txt"],
    );
    refused(
        "build long.txt --arpa m.arpa --memory 1M",
        2,
        &["-o", "--memory"],
    );
    assert!(!shop.path("models/m.cpt").exists() && !shop.path("m.arpa").exists());
}

#[test]
fn a_full_disk_under_the_temporary_files_names_it_and_what_it_needs() {
    let shop = workshop();
    shop.good(&["build", "long.txt", "-o", "m", "--order", "2"]);
    let before = shop.read("models/m.cpt");
    // 512 or 1,024 bytes each, as the shell counts: more than the vocabulary, less than the text.
    let limited = "ulimit -f 300; exec \"$@\"";
    let line = words("build long.txt -o m --temp temp", &LITTLE);
    let ran = Ran::of(&line, shop.command_under(limited, &line).output().unwrap());
    let said = [
        "cannot write a temporary file",
        "--> temp",
        "need at least",
        "--temp",
    ];
    ran.failed_saying(1, &said);
    assert!(shop.read("models/m.cpt") == before);
    assert_eq!((left_in_temp(&shop), shop.partials().len()), (0, 0));
}

#[test]
fn a_killed_build_leaves_no_temporary_files() {
    let shop = workshop();
    shop.good(&["build", "long.txt", "-o", "m", "--order", "2"]);
    let old = shop.read("models/m.cpt");
    let line = words("build long.txt -o m --temp temp", &LITTLE);
    shop.good(&words("build long.txt -o new", &[]));
    let new = shop.read("models/new.cpt");
    let mut olds = 0;
    for round in 0..50 {
        let mut command = shop.command(&line);
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(round * 7));
        child.kill().unwrap();
        child.wait().unwrap();
        let left = shop.read("models/m.cpt");
        assert!(left == old || left == new, "round {round}");
        assert_eq!(left_in_temp(&shop), 0, "round {round}");
        olds += u64::from(left == old);
        shop.write("models/m.cpt", &old);
    }
    assert!(olds > 0, "no kill came midway");
    shop.good(&line);
    assert_eq!(shop.partials(), [""; 0]);
}

#[test]
fn an_input_that_breaks_off_leaves_the_old_model() {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;
    let shop = workshop();
    shop.good(&["build", "long.txt", "-o", "m", "--order", "2"]);
    let old = shop.read("models/m.cpt");
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&shop.read("long.txt")).unwrap();
    let packed = packed.finish().unwrap();
    shop.write("broken.gz", &packed[..packed.len() / 2]);
    for memory in ["1M", "2G"] {
        let line = words(
            "build long.txt broken.gz -o m --temp temp --memory",
            &[memory],
        );
        let ran = shop.run(&line);
        ran.failed_saying(1, &["cut short", "--> broken.gz", "help: "]);
        assert!(shop.read("models/m.cpt") == old, "{memory}");
        assert_eq!(
            (left_in_temp(&shop), shop.partials().len()),
            (0, 0),
            "{memory}"
        );
    }
}

#[test]
fn arpa_alone_is_the_arpa_of_the_model() {
    let shop = workshop();
    shop.good(&["build", "long.txt", "-o", "m", "--arpa", "with.arpa"]);
    shop.good(&["build", "long.txt", "--arpa", "alone.arpa"]);
    let piped = shop.good(&["build", "long.txt", "--arpa", "-"]);
    let arpa = shop.read("with.arpa");
    assert!(arpa.starts_with(b"\\data\\\nngram 1="));
    assert!(shop.read("alone.arpa") == arpa && piped.as_bytes() == arpa);
}
