/** What turns a {@link io.jrun.image.tree.FileTree} into an image file or directory. The kinds never import each other. */
package io.jrun.image.writer;
