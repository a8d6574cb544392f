//! Here is a text; how long does a step of training take, here and in PyTorch, and do both learn the
//! same?
//!
//! ```sh
//! pip install torch numpy
//! PYTHON=python cargo bench --bench steps -- words.txt letters.txt
//! ```
//!
//! Both sides get the same weights, examples, batch and optimiser, dropout and masks off. First the
//! losses of 30 steps, each on one and the same batch, are compared; then steps over the text are
//! timed in turns, RUNS (5) times, on 1 and on 2 threads: processor time and wall, medians, with
//! the share of the fused multiply-adds that the processor could do, measured here too. The words'
//! vocabulary is that of the whole file. BATCHES (128,256,512,1024) are those of the full softmax.

mod common;

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use counterpoint::neural::{
    Architecture, Network, Softmax, Trained, TrainingOptions, TrainingText, train,
};
use counterpoint::progress::{Progress, Quiet, Stage};
use counterpoint::token::TokenId;
use counterpoint::warning::Warning;

use common::{median, processor_time, runs, words};

/// Steps that are timed; those before them warm up.
const STEPS: usize = 12;
const WARM_UP: usize = 3;

/// Steps whose losses are compared.
const COMPARED: usize = 30;

fn main() {
    let words = words();
    let [text, letters] = &words[..] else {
        println!("give two texts: cargo bench --bench steps -- words.txt letters.txt");
        return;
    };
    let read = |path: &str| std::fs::read_to_string(path).expect("a text");
    let (text, letters) = (read(text), read(letters));
    let text: Vec<Vec<&str>> = text
        .lines()
        .map(|l| l.split_whitespace().collect())
        .collect();
    let letters: Vec<Vec<&str>> = letters
        .lines()
        .map(|l| l.split("").filter(|c| !c.is_empty()).collect())
        .collect();
    let (text, letters) = (Numbered::of(&text), Numbered::of(&letters));
    let peak = multiply_adds();
    println!("peak of one core: {peak:.0} GFLOP/s by fused multiply-adds in registers");
    let batches = std::env::var("BATCHES").unwrap_or("128,256,512,1024".into());
    let batches = batches
        .split(',')
        .map(|batch| batch.parse().expect("a batch"));
    let full = batches.map(|batch| Case::new("words, full", &text, Softmax::Full, batch));
    let sampled = Case::new(
        "words, sampled",
        &text,
        Softmax::Sampled { draws: 1024 },
        256,
    );
    let characters = Case::new("characters", &letters, Softmax::Full, 256);
    for case in full.chain([sampled, characters]) {
        case.compare_losses();
        [1, 2]
            .into_iter()
            .for_each(|threads| case.time(threads, peak));
    }
}

/// A text of ids, and how many there are.
struct Numbered {
    vocabulary: usize,
    sentences: Vec<Vec<TokenId>>,
}

impl Numbered {
    fn of(sentences: &[Vec<&str>]) -> Self {
        let mut known = HashMap::new();
        let mut id = |&token: &&str| {
            let next = (TokenId::SPECIALS + known.len()) as u32;
            TokenId(*known.entry(token.to_owned()).or_insert(next))
        };
        let sentences = sentences.iter().map(|s| s.iter().map(&mut id).collect());
        let sentences = sentences.collect();
        Numbered {
            vocabulary: TokenId::SPECIALS + known.len(),
            sentences,
        }
    }

    /// Exactly so many examples from the start.
    fn first(&self, examples: usize) -> TrainingText {
        let mut text = TrainingText::new();
        let mut left = examples;
        for sentence in &self.sentences {
            if left == 0 {
                break;
            }
            let kept = sentence.len().min(left - 1);
            text.push(&sentence[..kept]);
            left -= kept + 1;
        }
        assert_eq!(text.examples(), examples, "the text is long enough");
        text
    }
}

/// What is trained.
struct Case<'t> {
    name: &'static str,
    text: &'t Numbered,
    shape: Architecture,
    options: TrainingOptions,
}

impl<'t> Case<'t> {
    fn new(name: &'static str, text: &'t Numbered, softmax: Softmax, batch: usize) -> Self {
        // Hashed n-grams are a sum of sparse rows, which PyTorch has no fair counterpart for.
        let shape = Architecture {
            ngrams: 1,
            buckets: 0,
            ..Architecture::for_text(text.vocabulary, 2_000_000)
        };
        let options = TrainingOptions {
            epochs: 1,
            batch,
            learning_rate: 3e-3,
            dropout: 0.0,
            input_dropout: 0.0,
            left_mask: 0.0,
            softmax,
            ..TrainingOptions::default()
        };
        Case {
            name,
            text,
            shape,
            options,
        }
    }

    fn train(
        &self,
        options: &TrainingOptions,
        text: &TrainingText,
        watch: &dyn Progress,
    ) -> Trained {
        train(self.shape, options, text, &TrainingText::new(), watch).expect("a training")
    }

    /// The weights before the first step: those after one that moves nothing.
    fn untrained(&self, text: &TrainingText) -> Network {
        let still = TrainingOptions {
            learning_rate: 1e-30,
            ..self.options.clone()
        };
        self.train(&still, text, &Quiet).network
    }

    fn compare_losses(&self) {
        if matches!(self.options.softmax, Softmax::Sampled { .. }) {
            println!("{}: the draws differ, and so the losses", self.name);
            return;
        }
        let text = self.text.first(self.options.batch);
        let folder = self.folder(&text, COMPARED);
        let options = TrainingOptions {
            epochs: COMPARED,
            ..self.options.clone()
        };
        let ours = self.train(&options, &text, &Quiet).history;
        let mut theirs = Rival::start(folder.path(), 1);
        let differences = ours
            .iter()
            .map(|epoch| (epoch.training_loss - theirs.answer("loss")).abs());
        let largest = differences.fold(0.0, f64::max);
        let losses = (ours[0].training_loss, ours[COMPARED - 1].training_loss);
        println!(
            "{}, batch {}: {COMPARED} losses from {:.4} to {:.4} differ by at most {largest:.1e}",
            self.name, self.options.batch, losses.0, losses.1
        );
    }

    fn time(&self, threads: usize, peak: f64) {
        let text = self.text.first(self.options.batch * (WARM_UP + STEPS));
        let folder = self.folder(&text, WARM_UP + STEPS);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.expect("threads");
        let mut theirs = Rival::start(folder.path(), threads);
        let mut times: [Vec<f64>; 4] = Default::default();
        for _ in 0..runs() {
            let clock = Clock::default();
            pool.install(|| self.train(&self.options, &text, &clock));
            let (wall, processor) = clock.a_step();
            let (their_wall, their_processor) = (theirs.answer("wall"), theirs.answer("processor"));
            for (times, time) in
                times
                    .iter_mut()
                    .zip([wall, processor, their_wall, their_processor])
            {
                times.push(time);
            }
        }
        let [wall, processor, their_wall, their_processor] =
            times.map(|times| 1e3 * median(times.into_iter()));
        let share = 100.0 * self.flops() / (processor * 1e6 * peak);
        println!(
            "{}, batch {}, threads {threads}: {wall:.1} ms a step ({processor:.1} of processor, {share:.0} % of peak), \
             PyTorch {their_wall:.1} ({their_processor:.1}): {:.2} × as fast, {:.2} × by processor time",
            self.name,
            self.options.batch,
            their_wall / wall,
            their_processor / processor
        );
    }

    /// Products and sums of a step's matrix products, forward and twice back.
    fn flops(&self) -> f64 {
        let shape = &self.shape;
        let layers = shape.inputs() + (shape.layers - 1) * shape.hidden + shape.embedding;
        let candidates = match self.options.softmax {
            // Draws and targets that fall together are few.
            Softmax::Sampled { draws } => draws + self.options.batch / 2,
            _ => shape.vocabulary,
        };
        let weights = layers * shape.hidden + candidates * shape.embedding;
        6.0 * (weights * self.options.batch) as f64
    }

    /// Weights, ids and choices, for PyTorch.
    fn folder(&self, text: &TrainingText, steps: usize) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, bytes: Vec<u8>| {
            std::fs::write(folder.path().join(name), bytes).expect("a file")
        };
        write(
            "ids",
            text.ids()
                .iter()
                .flat_map(|id| id.0.to_le_bytes())
                .collect(),
        );
        for (name, values) in self.untrained(text).tensors() {
            write(&name, values.iter().flat_map(|x| x.to_le_bytes()).collect());
        }
        let choices = serde_json::json!({
            "shape": self.shape,
            "batch": self.options.batch,
            "steps": steps,
            "warm_up_steps": WARM_UP,
            "rate": self.options.learning_rate,
            "warm_up": self.options.warm_up,
            "draws": match self.options.softmax { Softmax::Sampled { draws } => draws, _ => 0 },
        });
        write("choices.json", choices.to_string().into_bytes());
        folder
    }
}

/// Hears every step, and when it was done.
#[derive(Default)]
struct Clock {
    steps: Mutex<Vec<(Instant, Duration)>>,
}

impl Clock {
    /// Wall and processor time of a step, in seconds.
    fn a_step(&self) -> (f64, f64) {
        let steps = self.steps.lock().expect("one writer");
        let (first, last) = (steps[WARM_UP - 1], steps[steps.len() - 1]);
        let count = (steps.len() - WARM_UP) as f64;
        let (wall, processor) = (last.0 - first.0, last.1 - first.1);
        (wall.as_secs_f64() / count, processor.as_secs_f64() / count)
    }
}

impl Progress for Clock {
    fn stage(&self, _: Stage) {}
    fn advance(&self, _: u64) {
        let mut steps = self.steps.lock().expect("one writer");
        steps.push((Instant::now(), processor_time()));
    }
    fn note(&self, _: &str) {}
    fn warn(&self, _: Warning) {}
}

/// PyTorch, waiting for its turns.
struct Rival {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Rival {
    fn start(folder: &Path, threads: usize) -> Self {
        let python = std::env::var("PYTHON").unwrap_or("python3".into());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/neural_in_torch.py");
        let mut process = Command::new(python)
            .arg(script)
            .arg("--beside")
            .arg(folder)
            .args(["--threads", &threads.to_string()])
            .env("OMP_WAIT_POLICY", "PASSIVE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python with torch: set PYTHON");
        let orders = process.stdin.take().expect("a pipe");
        let answers = BufReader::new(process.stdout.take().expect("a pipe"));
        Rival {
            process,
            orders,
            answers,
        }
    }

    /// Asks for the next loss, or for the time of a step of another run.
    fn answer(&mut self, order: &str) -> f64 {
        writeln!(self.orders, "{order}").expect("PyTorch listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("an answer");
        line.trim().parse().expect("a number")
    }
}

impl Drop for Rival {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// GFLOP/s of one core that multiplies and adds in registers, in the widest vectors there are.
fn multiply_adds() -> f64 {
    const LANES: usize = 256;
    const ROUNDS: usize = 4_000_000;
    #[inline(always)]
    fn loops(sums: &mut [f32; LANES], a: f32, b: f32) {
        for _ in 0..ROUNDS {
            for sum in sums.iter_mut() {
                *sum = sum.mul_add(a, b);
            }
        }
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,fma")]
    fn sixteen(sums: &mut [f32; LANES], a: f32, b: f32) {
        loops(sums, a, b);
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn eight(sums: &mut [f32; LANES], a: f32, b: f32) {
        loops(sums, a, b);
    }
    let best = (0..5).map(|_| {
        let mut sums = [1.0; LANES];
        let (a, b) = std::hint::black_box((0.999, 0.001));
        let start = common::thread_time();
        #[cfg(target_arch = "x86_64")]
        match () {
            // SAFETY: the processor has the feature, as just detected.
            () if is_x86_feature_detected!("avx512f") => unsafe { sixteen(&mut sums, a, b) },
            // SAFETY: the processor has both features, as just detected.
            () if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") => unsafe {
                eight(&mut sums, a, b)
            },
            () => loops(&mut sums, a, b),
        }
        #[cfg(not(target_arch = "x86_64"))]
        loops(&mut sums, a, b);
        std::hint::black_box(sums);
        2.0 * (LANES * ROUNDS) as f64 / (common::thread_time() - start).as_secs_f64() / 1e9
    });
    best.fold(0.0, f64::max)
}
