/**
 * Who a user is to a registry: accounts as other tools keep them, read and written. Knows no network; what it finds goes
 * to the host that it was kept for.
 */
package io.jrun.image.account;
