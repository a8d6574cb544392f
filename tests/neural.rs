//! Here is the neural voice as the command trains it: refused when too old.

mod common;

use common::Workshop;
use counterpoint::neural::format;
use counterpoint::store::Writer;

#[test]
fn a_network_of_an_earlier_version_is_refused_by_name() {
    let shop = Workshop::new();
    std::fs::create_dir_all(shop.path("models")).unwrap();
    let writer = Writer::create(&shop.path("models/old.cpt"), format::FORMER_KIND).unwrap();
    writer.finish(&()).unwrap();
    let ran = shop.run(&["info", "-m", "old"]);
    ran.failed_saying(1, &["models/old.cpt", "earlier version", "train it again"]);
}
