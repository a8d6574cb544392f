//! Here are records with their scores, give me their bytes, with their figures, by their class.

use serde_json::{Value, json};

use crate::error::{Error, ErrorKind, Result};
use crate::evaluate::{ScoredBatch, Thresholds, Totals};
use crate::text::{Record, add_fields, has_field};

/// What becomes of a record.
pub(super) struct Sorting {
    pub(super) thresholds: Thresholds,
    /// The names of the figures, if records get them.
    pub(super) added: Option<FieldNames>,
    /// So many of the first classes are written at all.
    pub(super) kept: usize,
}

/// The records of a batch.
pub(super) struct Sorted {
    /// The class and the figures of each, in order.
    pub(super) records: Vec<(usize, Totals)>,
    /// What is to be written, by class.
    pub(super) bytes: Vec<Vec<u8>>,
}

/// What the figures of a record are called in it.
pub(super) struct FieldNames([String; 5]);

impl Sorting {
    /// Sorts the records of a batch.
    ///
    /// A record's figures are those of its sentences together.
    pub(super) fn sort(&self, scored: &ScoredBatch) -> Result<Sorted> {
        let mut sorted = Sorted {
            records: Vec::new(),
            bytes: vec![Vec::new(); self.thresholds.classes()],
        };
        for record in scored.batch().records() {
            let sentences = record.sentences.clone();
            let totals: Totals = sentences.map(|n| Totals::of(&scored.sentence(n))).collect();
            let class = self.thresholds.class(&totals);
            sorted.records.push((class, totals));
            if class < self.kept {
                let to = &mut sorted.bytes[class];
                self.write(&record, &totals, to)
                    .map_err(|error| error.at(scored.batch().record_place(&record)))?;
                to.push(b'\n');
            }
        }
        Ok(sorted)
    }

    fn write(&self, record: &Record, totals: &Totals, to: &mut Vec<u8>) -> Result<()> {
        let Some(names) = &self.added else {
            to.extend_from_slice(record.bytes);
            return Ok(());
        };
        names.refuse_those_of(record)?;
        add_fields(record.bytes, &names.fields(totals), to);
        Ok(())
    }
}

impl FieldNames {
    pub(super) fn with_prefix(prefix: &str) -> Self {
        let names = [
            "perplexity",
            "bits_per_byte",
            "log10_prob",
            "tokens",
            "oovs",
        ];
        FieldNames(names.map(|name| format!("{prefix}{name}")))
    }

    /// Two fields of one name would leave it to every reader which to take.
    fn refuse_those_of(&self, record: &Record) -> Result<()> {
        match self.0.iter().find(|name| has_field(record.bytes, name)) {
            None => Ok(()),
            Some(name) => {
                let what = format!("this record has a field {name:?} already");
                Err(Error::new(ErrorKind::Input, what)
                    .way_out("--add=lm_ adds lm_perplexity and so on"))
            }
        }
    }

    /// The figures as fields; what is no number, as the perplexity of nothing, is null.
    fn fields(&self, totals: &Totals) -> String {
        let figures: [Value; 5] = [
            json!(totals.perplexity()),
            json!(totals.bits_per_byte()),
            json!(totals.log_prob().log10()),
            json!(totals.tokens()),
            json!(totals.unknown()),
        ];
        let fields = self.0.iter().zip(figures);
        let fields = fields.map(|(name, figure)| format!("{}:{figure}", json!(name)));
        fields.collect::<Vec<_>>().join(",")
    }
}
