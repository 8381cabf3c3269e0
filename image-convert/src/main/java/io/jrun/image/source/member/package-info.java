/**
 * The files of a layout or archive by their names, in a directory, in a tar file read at any place, or in a tar stream
 * that passes once. Names lead to members and nowhere else: no name is ever resolved on the host. Knows no documents.
 */
package io.jrun.image.source.member;
