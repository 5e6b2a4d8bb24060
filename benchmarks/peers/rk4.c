/* Explicit Runge-Kutta of order 4 with fixed steps along a chain of ponds, through one stretch of linear inflow.
 *
 * depth: rows of n depths and of what has left spread over a pond's area, m; the first is given, then one per hour.
 * law: area, weir, crest, orifice, (rounding), (time), inflow at the start and its growth, as in rates.py.
 * work: 4 n + 2 numbers. The root is not rounded: it needs no derivative. */
#include <math.h>
#include <string.h>

static void flows(int n, const double *restrict y, double *restrict q, double weir, double crest, double orifice)
{
    int first = orifice > 0.0 ? n - 1 : 0;
    for (int i = 0; i < first; i++) {
        double d = y[i] - y[i + 1];
        q[i + 1] = copysign(orifice * sqrt(fabs(d)), d);
    }
    for (int i = first; i < n; i++) {
        double head = y[i] > crest ? y[i] - crest : 0.0; /* fmax would keep gcc from vectorising */
        q[i + 1] = weir * head * sqrt(head);
    }
}

void rk4(int n, int hours, int steps_per_hour, const double *restrict law, double *restrict depth, double *restrict work)
{
    static const double reach[4] = {0.0, 0.5, 0.5, 1.0}, weight[4] = {1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0};
    double *restrict now = work, *restrict y = work + n, *restrict q = work + 2 * n, *restrict sum = work + 3 * n + 1;
    double dt = 3600.0 / steps_per_hour, per_area = 1.0 / law[0], left = depth[n];
    memcpy(now, depth, n * sizeof(double));
    for (int hour = 0; hour < hours; hour++) {
        for (int step = 0; step < steps_per_hour; step++) {
            double t = hour * 3600.0 + step * dt;
            for (int k = 0; k < 4; k++) {
                double far = reach[k] * dt * per_area;
                if (k == 0)
                    memcpy(y, now, n * sizeof(double));
                else
                    for (int i = 0; i < n; i++)
                        y[i] = now[i] + far * (q[i] - q[i + 1]);
                q[0] = law[6] + law[7] * (t + reach[k] * dt);
                flows(n, y, q, law[1], law[2], law[3]);
                for (int i = 0; i <= n; i++)
                    sum[i] = (k ? sum[i] : 0.0) + weight[k] * q[i];
            }
            for (int i = 0; i < n; i++)
                now[i] += dt * per_area * (sum[i] - sum[i + 1]);
            left += dt * per_area * sum[n];
        }
        depth += n + 1;
        memcpy(depth, now, n * sizeof(double));
        depth[n] = left;
    }
}
