//! `parts MODEL.cpt`: writes the parts of a model file to standard output, for a fuzzer to begin with.

#[path = "../../tests/fuzz/targets/mod.rs"]
mod targets;

use std::io::Write;
use std::path::Path;

use counterpoint::store::{ModelFile, OpenOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("name a model file")?;
    let path = Path::new(&path);
    let file = ModelFile::open(path, OpenOptions::default())?;
    let parts = targets::sealed::parts(&file, &std::fs::read(path)?);
    std::io::stdout().write_all(&parts)?;
    Ok(())
}
