//! Here is a table of numbers, wherever it lies.
//!
//! A model just built holds its tables in memory, an opened one reads them in
//! its file. What queries them should not care, so both are a [`Column`], which
//! is a slice to all who use it.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, Range};
use std::sync::Arc;

use bytemuck::Pod;
use memmap2::Mmap;

use super::layout::corrupt;
use crate::error::Result;

/// A slice of numbers, owned or in a mapped file; a clone shares it.
///
/// Each dereference of a mapped column checks its bounds and its alignment
/// anew. That is a few instructions; a hot loop borrows the slice once, before
/// it begins.
pub struct Column<T> {
    place: Place<T>,
}

enum Place<T> {
    Owned(Arc<Vec<T>>),
    Mapped {
        file: Arc<Mmap>,
        bytes: Range<usize>,
        of: PhantomData<T>,
    },
}

impl<T: Pod> Column<T> {
    /// The bytes of a mapped file as numbers; they must be in the file's range, be aligned and be
    /// a whole number of them.
    pub(super) fn mapped(file: Arc<Mmap>, bytes: Range<usize>) -> Result<Self> {
        let width = size_of::<T>();
        let view = file.get(bytes.clone());
        let numbers = view.and_then(|bytes| bytemuck::try_cast_slice::<u8, T>(bytes).ok());
        if numbers.is_none() {
            let length = bytes.len();
            let what = format!("its {length} bytes are not a table of entries of {width} bytes");
            return Err(corrupt(what));
        }
        let of = PhantomData;
        let place = Place::Mapped { file, bytes, of };
        Ok(Column { place })
    }
}

impl<T: Pod> Column<T> {
    /// The numbers to be changed, in memory of their own: copied if they are in a file or shared.
    pub(crate) fn to_mut(&mut self) -> &mut Vec<T> {
        if let Place::Mapped { .. } = self.place {
            *self = self.to_vec().into();
        }
        match &mut self.place {
            Place::Owned(numbers) => Arc::make_mut(numbers),
            Place::Mapped { .. } => unreachable!("it was copied"),
        }
    }
}

impl<T: Pod> Deref for Column<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match &self.place {
            Place::Owned(numbers) => numbers,
            Place::Mapped { file, bytes, .. } => bytemuck::cast_slice(&file[bytes.clone()]),
        }
    }
}

impl<T> From<Vec<T>> for Column<T> {
    fn from(numbers: Vec<T>) -> Self {
        let place = Place::Owned(Arc::new(numbers));
        Column { place }
    }
}

impl<T> Default for Column<T> {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl<T> Clone for Column<T> {
    fn clone(&self) -> Self {
        let place = match &self.place {
            Place::Owned(numbers) => Place::Owned(Arc::clone(numbers)),
            Place::Mapped { file, bytes, of } => Place::Mapped {
                file: Arc::clone(file),
                bytes: bytes.clone(),
                of: *of,
            },
        };
        Column { place }
    }
}

impl<T: Pod + fmt::Debug> fmt::Debug for Column<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory;

    #[test]
    fn an_owned_and_a_mapped_column_read_alike() {
        let numbers = vec![1_u32, 2, 3];
        let bytes = bytemuck::cast_slice::<u32, u8>(&numbers);
        let file = Arc::new(memory::copy(bytes).unwrap());
        let mapped = Column::<u32>::mapped(file, 0..12).unwrap();
        let owned = Column::from(numbers);
        assert_eq!(*owned, *mapped.clone());
        assert_eq!(format!("{owned:?}"), format!("{mapped:?}"));
    }

    #[test]
    fn what_is_changed_is_a_copy() {
        let file = Arc::new(memory::copy(&[1, 2, 3]).unwrap());
        let mapped = Column::<u8>::mapped(file, 0..3).unwrap();
        let mut changed = mapped.clone();
        changed.to_mut().push(4);
        let mut again = changed.clone();
        again.to_mut()[0] = 0;
        assert_eq!(
            (&*mapped, &*changed, &*again),
            (&[1, 2, 3][..], &[1, 2, 3, 4][..], &[0, 2, 3, 4][..])
        );
    }

    #[test]
    fn what_is_no_table_is_refused() {
        let file = Arc::new(memory::copy(&[0; 12]).unwrap());
        let column = |bytes| Column::<u32>::mapped(Arc::clone(&file), bytes);
        assert!(column(0..11).is_err(), "a broken entry");
        assert!(column(1..9).is_err(), "misaligned");
        assert!(column(8..16).is_err(), "beyond the file");
        assert!(column(8..12).is_ok());
        assert!(column(12..12).unwrap().is_empty());
    }

    #[test]
    fn columns_go_between_threads() {
        fn between_threads<T: Send + Sync + Clone>() {}
        between_threads::<Column<u64>>();
    }
}
