//! Matrix products by the `gemm` crate.

/// A matrix somewhere in numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix<'a> {
    pub(crate) numbers: &'a [f32],
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    /// Numbers between two rows, and between two columns.
    pub(crate) steps: (usize, usize),
}

impl<'a> Matrix<'a> {
    /// Rows of `columns`, `step` apart.
    pub(crate) fn rows(numbers: &'a [f32], (rows, columns): (usize, usize), step: usize) -> Self {
        Self {
            numbers,
            rows,
            columns,
            steps: (step, 1),
        }
    }

    /// Rows as columns.
    pub(crate) fn turned(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            steps: (self.steps.1, self.steps.0),
            ..self
        }
    }

    fn is_within(&self) -> bool {
        let last = |count: usize, step: usize| (count - 1) * step;
        self.rows == 0
            || self.columns == 0
            || last(self.rows, self.steps.0) + last(self.columns, self.steps.1) < self.numbers.len()
    }
}

/// `out = a·b`, or `out += a·b` where `add` says so; `out` is contiguous.
///
/// # Panics
/// Where the measures do not fit together.
pub(crate) fn multiply(
    a: Matrix<'_>,
    b: Matrix<'_>,
    out: &mut [f32],
    (add, parallelism): (bool, gemm::Parallelism),
) {
    let (m, k, n) = (a.rows, a.columns, b.columns);
    assert!(b.rows == k && out.len() == m * n, "measures fit together");
    assert!(a.is_within() && b.is_within(), "matrices lie within");
    #[expect(clippy::cast_possible_wrap, reason = "strides of slices")]
    let step = |step: usize| step as isize;
    #[allow(unsafe_code, reason = "see SAFETY")]
    // SAFETY: all three matrices lie within their slices, as checked above.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            step(n),
            add,
            a.numbers.as_ptr(),
            step(a.steps.1),
            step(a.steps.0),
            b.numbers.as_ptr(),
            step(b.steps.1),
            step(b.steps.0),
            1.0,
            1.0,
            false,
            false,
            false,
            parallelism,
        );
    }
}

/// For products outside of tasks.
pub(crate) fn all_threads() -> gemm::Parallelism {
    match rayon::current_num_threads() {
        1 => gemm::Parallelism::None,
        threads => gemm::Parallelism::Rayon(threads),
    }
}
