/* SPDX-License-Identifier: Apache-2.0 */
/* Computes without end, and says nothing. */
int main(void)
{
    for (volatile long i = 0;; i++) {
    }
}
