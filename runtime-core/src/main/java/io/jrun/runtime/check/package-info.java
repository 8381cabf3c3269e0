/**
 * What a host allows, found out by trying, and told in findings with the way to mend each. {@code HostProbe} collects
 * {@link io.jrun.runtime.check.Evidence}, {@link io.jrun.runtime.check.Judgement} makes findings of it and asks nobody.
 */
package io.jrun.runtime.check;
