//! A list of which copies are cheap: they share its blocks until one of them changes.
//!
//! A graph is copied wherever a step may have to be taken back, which is once per loop of a module. With one
//! shared pointer per block instead of one per relation, copying stays cheap in long modules.

use std::sync::Arc;

/// Items of a full block.
const BLOCK: usize = 128;

/// A list that grows at its end.
#[derive(Clone, Debug)]
pub(crate) struct Blocks<T> {
    blocks: Vec<Arc<Vec<Arc<T>>>>,
}

impl<T> Default for Blocks<T> {
    fn default() -> Self {
        Self { blocks: Vec::new() }
    }
}

impl<T: Clone> Blocks<T> {
    pub(crate) fn len(&self) -> usize {
        self.blocks
            .last()
            .map_or(0, |last| (self.blocks.len() - 1) * BLOCK + last.len())
    }

    pub(crate) fn push(&mut self, item: T) {
        match self.blocks.last_mut() {
            Some(last) if last.len() < BLOCK => Arc::make_mut(last).push(Arc::new(item)),
            _ => self.blocks.push(Arc::new(vec![Arc::new(item)])),
        }
    }

    pub(crate) fn get(&self, index: usize) -> &T {
        &self.blocks[index / BLOCK][index % BLOCK]
    }

    pub(crate) fn get_mut(&mut self, index: usize) -> &mut T {
        let block = Arc::make_mut(&mut self.blocks[index / BLOCK]);
        Arc::make_mut(&mut block[index % BLOCK])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_keeps_what_it_had_when_the_other_grows_and_changes() {
        let mut list = Blocks::default();
        for item in 0..BLOCK + 3 {
            list.push(item);
        }
        let copy = list.clone();
        for item in 0..BLOCK {
            list.push(1000 + item);
        }
        *list.get_mut(2) = 77;
        *list.get_mut(BLOCK + 1) = 78;
        let expected: Vec<usize> = (0..BLOCK + 3).collect();
        let kept: Vec<usize> = (0..copy.len()).map(|index| *copy.get(index)).collect();
        assert_eq!(kept, expected);
        assert_eq!((copy.len(), list.len()), (BLOCK + 3, 2 * BLOCK + 3));
        assert_eq!((*list.get(2), *list.get(BLOCK + 1)), (77, 78));
        assert_eq!(*list.get(2 * BLOCK + 2), 1000 + BLOCK - 1);
    }
}
