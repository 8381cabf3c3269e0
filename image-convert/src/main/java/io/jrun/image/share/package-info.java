/**
 * A directory of image files that many processes on many nodes fill together, each image once. Needs no lock of the file
 * system, no daemon and no common clock. Knows neither registries nor formats: a producer is handed in.
 */
package io.jrun.image.share;
