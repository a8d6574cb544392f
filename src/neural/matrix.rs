//! Here are two matrices, give me their product.
//!
//! A [`Matrix`] is numbers in rows, end to end. A [`View`] looks at such
//! numbers with two strides, so that a transpose or a range of columns costs
//! nothing; this is all that a neural network asks of linear algebra, as every
//! product of the forward and the backward pass is
//!
//! ```text
//! C[i,j] += Σ_k A[i,k] · B[k,j]
//! ```
//!
//! The sum is done by the `matrixmultiply` crate, whose kernel keeps blocks of
//! A and B in the caches and uses the widest vectors there are: four times as
//! fast as the three loops that define it in their best order, a hundred times
//! as fast as in their worst. It is always called on one thread: each entry of
//! C is summed in an order that only the shapes decide, so results are the same
//! on any number of threads. The threads are one floor up, where each owns
//! other rows of C.

use std::ops::Range;

use super::elementary::{add_four, add_scaled};

/// Numbers in rows: entry (i, j) is `values[i · cols + j]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Matrix {
    rows: usize,
    cols: usize,
    values: Vec<f32>,
}

impl Matrix {
    /// All zero.
    pub(super) fn zeros(rows: usize, cols: usize) -> Self {
        Matrix::from_values(rows, cols, vec![0.0; rows * cols])
    }

    /// From its values, row after row.
    ///
    /// # Panics
    /// If there are not `rows · cols` of them.
    pub(super) fn from_values(rows: usize, cols: usize, values: Vec<f32>) -> Self {
        assert_eq!(values.len(), rows * cols, "a value for each entry");
        Matrix { rows, cols, values }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn cols(&self) -> usize {
        self.cols
    }

    pub(super) fn values(&self) -> &[f32] {
        &self.values
    }

    pub(super) fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    pub(super) fn row(&self, i: usize) -> &[f32] {
        &self.values[i * self.cols..][..self.cols]
    }

    pub(super) fn row_mut(&mut self, i: usize) -> &mut [f32] {
        &mut self.values[i * self.cols..][..self.cols]
    }

    /// The rows in order.
    pub(super) fn each_row(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.cols)
    }

    /// The rows in order, to be written.
    pub(super) fn each_row_mut(&mut self) -> impl ExactSizeIterator<Item = &mut [f32]> {
        self.values.chunks_exact_mut(self.cols)
    }

    /// Some rows, to be written at once by several threads; `ascending` names them.
    ///
    /// # Panics
    /// If the names don't ascend strictly, or one is out of range.
    pub(super) fn these_rows_mut(&mut self, ascending: &[u32]) -> Vec<&mut [f32]> {
        let mut rest = self.values.as_mut_slice();
        let mut passed = 0;
        let mut found = Vec::with_capacity(ascending.len());
        for &row in ascending {
            let row = row as usize;
            let skip = row.checked_sub(passed).expect("rows ascend");
            let (this, after) = rest[skip * self.cols..].split_at_mut(self.cols);
            found.push(this);
            rest = after;
            passed = row + 1;
        }
        found
    }

    /// Another shape; what it holds is unspecified.
    pub(super) fn reshape(&mut self, rows: usize, cols: usize) {
        (self.rows, self.cols) = (rows, cols);
        self.values.resize(rows * cols, 0.0);
    }

    /// u·M: the sum of its rows, each times its number of u.
    ///
    /// This reads the matrix once in its own order, four rows at a time; the general product would
    /// first copy it.
    ///
    /// # Panics
    /// If there is not a number for each row.
    pub(super) fn times(&self, u: &[f32]) -> Vec<f32> {
        assert_eq!(u.len(), self.rows, "a number for each row");
        let mut sum = vec![0.0; self.cols];
        let (fours, rest) = u.as_chunks::<4>();
        let (rows, last_rows) = self.values.split_at(4 * fours.len() * self.cols);
        for (u, rows) in fours.iter().zip(rows.chunks_exact(4 * self.cols)) {
            add_four(&mut sum, u, rows);
        }
        for (&u, row) in rest.iter().zip(last_rows.chunks_exact(self.cols)) {
            add_scaled(&mut sum, u, row);
        }
        sum
    }

    /// The whole of it.
    pub(super) fn view(&self) -> View<'_> {
        View::new(&self.values, self.cols)
    }
}

/// Numbers seen as a matrix: entry (i, j) is `values[i · row_step + j · col_step]`.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    values: &'a [f32],
    rows: usize,
    cols: usize,
    row_step: usize,
    col_step: usize,
}

impl<'a> View<'a> {
    /// Rows of `cols` numbers, as many as there are.
    pub(super) fn new(values: &'a [f32], cols: usize) -> Self {
        View {
            values,
            rows: values.len() / cols,
            cols,
            row_step: cols,
            col_step: 1,
        }
    }

    /// Rows for columns.
    pub(super) fn transposed(self) -> Self {
        View {
            rows: self.cols,
            cols: self.rows,
            row_step: self.col_step,
            col_step: self.row_step,
            ..self
        }
    }

    /// Some rows of it.
    pub(super) fn rows(self, range: Range<usize>) -> Self {
        assert!(range.start < range.end && range.end <= self.rows);
        View {
            values: &self.values[range.start * self.row_step..],
            rows: range.len(),
            ..self
        }
    }

    /// Some columns of it.
    pub(super) fn columns(self, range: Range<usize>) -> Self {
        self.transposed().rows(range).transposed()
    }

    /// One past the place of the last entry.
    fn end(&self) -> usize {
        match (self.rows, self.cols) {
            (0, _) | (_, 0) => 0,
            (rows, cols) => (rows - 1) * self.row_step + (cols - 1) * self.col_step + 1,
        }
    }
}

/// C ← A·B, where `c` holds C in rows.
pub(super) fn multiply(a: View, b: View, c: &mut [f32]) {
    product(a, b, 0.0, c);
}

/// C ← C + A·B, where `c` holds C in rows.
pub(super) fn multiply_add(a: View, b: View, c: &mut [f32]) {
    product(a, b, 1.0, c);
}

/// C ← β·C + A·B; with β = 0, what C held is not read.
fn product(a: View, b: View, beta: f32, c: &mut [f32]) {
    let (m, k, n) = (a.rows, a.cols, b.cols);
    assert_eq!(b.rows, k, "A has as many columns as B has rows");
    assert_eq!(c.len(), m * n, "C has the rows of A and the columns of B");
    assert!(a.end() <= a.values.len() && b.end() <= b.values.len());
    // SAFETY: sgemm reads A at i·row_step + j·col_step for i < m and j < k, B likewise for k × n,
    // and reads and writes C at i·n + j for i < m and j < n. The largest such place is `end() - 1`
    // for A and B (steps are not negative) and m·n − 1 for C, all inside their slices by the
    // assertions above. `c` is borrowed mutably, so it overlaps neither A nor B, and its entries
    // do not alias each other, as j < n. Steps fit in isize, being lengths inside a slice, or go
    // with a dimension of at most one entry.
    unsafe {
        matrixmultiply::sgemm(
            m,
            k,
            n,
            1.0,
            a.values.as_ptr(),
            a.row_step as isize,
            a.col_step as isize,
            b.values.as_ptr(),
            b.row_step as isize,
            b.col_step as isize,
            beta,
            c.as_mut_ptr(),
            n as isize,
            1,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition: three loops.
    fn plain(a: View, b: View, c: &mut [f32]) {
        let at = |v: &View, i: usize, j: usize| v.values[i * v.row_step + j * v.col_step];
        for i in 0..a.rows {
            for j in 0..b.cols {
                for k in 0..a.cols {
                    c[i * b.cols + j] += at(&a, i, k) * at(&b, k, j);
                }
            }
        }
    }

    fn numbers(count: usize, salt: usize) -> Vec<f32> {
        let number = |i: usize| ((i * 7919 + salt * 104_729) % 2003) as f32 / 1001.5 - 1.0;
        (0..count).map(number).collect()
    }

    proptest! {
        #[test]
        fn the_kernel_agrees_with_three_loops(
            m in 1usize..70, k in 1usize..70, n in 1usize..70, turn_a: bool, turn_b: bool,
        ) {
            let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
            let a = if turn_a { View::new(&a, m).transposed() } else { View::new(&a, k) };
            let b = if turn_b { View::new(&b, k).transposed() } else { View::new(&b, n) };
            let mut slow = numbers(m * n, 3);
            let mut fast = slow.clone();
            plain(a, b, &mut slow);
            multiply_add(a, b, &mut fast);
            for (slow, fast) in slow.iter().zip(&fast) {
                prop_assert!((slow - fast).abs() < 1e-4, "{slow} {fast}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_row_times_a_matrix_is_a_product(rows in 1usize..20, cols in 1usize..40) {
            let matrix = Matrix::from_values(rows, cols, numbers(rows * cols, 1));
            let row = numbers(rows, 2);
            let mut slow = vec![0.0; cols];
            plain(View::new(&row, rows), matrix.view(), &mut slow);
            for (slow, fast) in slow.iter().zip(matrix.times(&row)) {
                prop_assert!((slow - fast).abs() < 1e-4, "{slow} {fast}");
            }
        }
    }

    #[test]
    fn a_range_of_columns_is_a_matrix_too() {
        let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let columns = View::new(&a, 3).columns(1..3);
        let ones = [1.0, 10.0];
        let mut c = [f32::NAN; 2];
        multiply(columns, View::new(&ones, 1), &mut c);
        assert_eq!(c, [32.0, 65.0]);
    }

    #[test]
    fn chosen_rows_are_those_rows() {
        let mut matrix = Matrix::from_values(4, 2, (0..8).map(|x| x as f32).collect());
        let rows = matrix.these_rows_mut(&[1, 3]);
        assert_eq!(rows, [&mut [2.0, 3.0][..], &mut [6.0, 7.0]]);
    }

    #[test]
    #[should_panic(expected = "as many columns")]
    fn shapes_that_do_not_fit_are_refused() {
        let a = [0.0; 6];
        multiply(View::new(&a, 3), View::new(&a, 3), &mut [0.0; 6]);
    }
}
