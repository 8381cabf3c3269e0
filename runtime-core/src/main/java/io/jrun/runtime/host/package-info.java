/**
 * What a start needs to know of the host, as values: who calls, what his accounts database says, what kernel and sysctls
 * allow, and what lies at a path. Knows no container, no image and no plan.
 */
package io.jrun.runtime.host;
