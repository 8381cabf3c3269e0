/** The commands about the host: what it allows, and what lies about on it. Both find out; neither changes a set-up. */
package io.jrun.cli.host;
