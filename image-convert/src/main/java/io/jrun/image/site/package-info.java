/**
 * What a user and a site prescribe for the way to registries: mirrors, short names, certificates, proxies, each from the
 * files and variables that other tools obey. The only package that names the TOML library. Knows no protocol.
 */
package io.jrun.image.site;
