// Arrays for printed programs, after NumPy: one function per operation, named as in the table.
//
// An array is {data, shape}, its elements in row-major order; a number stands for itself, and is
// what an operation returns instead of an array without axes. Nothing is ever written in place.
const nd = (() => {
  const isArray = (x) => typeof x === "object";
  const shapeOf = (x) => (isArray(x) ? x.shape : []);
  const dataOf = (x) => (isArray(x) ? (x.data ?? x) : [x]);
  const product = (ns) => ns.reduce((a, b) => a * b, 1);
  const array = (data, shape) => (shape.length ? { data, shape } : data[0]);
  const range = (n) => Array.from({ length: n }, (_, i) => i);

  // ── broadcasting ──────────────────────────────────────────────────────────────────────────
  function broadcast(shapes) {
    const depth = Math.max(...shapes.map((s) => s.length));
    return range(depth).map((axis) => {
      const sizes = shapes.map((s) => s[axis - depth + s.length] ?? 1);
      return sizes.find((n) => n !== 1) ?? 1;
    });
  }

  // For each element of `shape`, in order: where a counter with these strides stands.
  function walk(shape, strides) {
    const places = new Array(product(shape));
    const counter = shape.map(() => 0);
    let place = 0;
    for (let k = 0; k < places.length; k++) {
      places[k] = place;
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        place += strides[axis];
        if (++counter[axis] < shape[axis]) break;
        place -= strides[axis] * shape[axis];
        counter[axis] = 0;
      }
    }
    return places;
  }

  function stridesOf(shape) {
    const strides = shape.map(() => 1);
    for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1] * shape[i + 1];
    return strides;
  }

  // Where each element of `shape` is found in an array of the shape `from`, which broadcasts to it.
  function places(from, shape) {
    const own = stridesOf(from);
    const lead = shape.length - from.length;
    return walk(shape, shape.map((_, i) => (i < lead || from[i - lead] === 1 ? 0 : own[i - lead])));
  }

  function map(f, ...xs) {
    if (!xs.some(isArray)) return f(...xs);
    const shape = broadcast(xs.map(shapeOf));
    const reads = xs.map((x) => places(shapeOf(x), shape));
    const datas = xs.map(dataOf);
    return array(range(product(shape)).map((k) => f(...datas.map((d, i) => d[reads[i][k]]))), shape);
  }

  // ── of each element ───────────────────────────────────────────────────────────────────────
  const truth = (x) => +x !== 0; // NaN is true, unlike in JavaScript
  // Of numbers, JavaScript's operators see 32 bits only.
  const bits = (x) => BigInt(Math.trunc(x));
  const onBits = (f) => (a, b) => Number(f(bits(a), bits(b)));
  const zeroOf = (x) => (x < 0 || Object.is(x, -0) ? -0 : 0); // with the sign of x
  const remainder = (a, b) => {
    const rest = a % b;
    if (rest === 0) return zeroOf(b);
    return rest < 0 !== b < 0 ? rest + b : rest;
  };
  // JavaScript finds 1 ** NaN undefined, and (-1) ** Infinity too; C and NumPy do not.
  const power = (a, b) => (+a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b);
  const rint = (x) => {
    const low = Math.floor(x);
    if (x - low !== 0.5) return Math.round(x);
    return low % 2 === 0 ? low : low + 1;
  };
  const floor_divide = (a, b) => {
    const rest = a % b;
    const below = rest !== 0 && rest < 0 !== b < 0; // then what is whole lies above the quotient
    if (+b === 0) return Math.floor(a / b);
    const whole = rint((a - rest) / b) - below;
    return whole === 0 ? zeroOf(a / b) : whole;
  };
  const logaddexp = (a, b) => {
    if (a === b) return a + Math.LN2;
    return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
  };
  const sigmoid = (x) => 1 / (1 + Math.exp(-x));
  const fmax = (a, b) => (a !== a ? +b : b !== b ? +a : Math.max(a, b)); // of truth values, numbers
  const fmin = (a, b) => (a !== a ? +b : b !== b ? +a : Math.min(a, b));

  // A series of positive terms near 0 (Abramowitz and Stegun 7.1.6), a continued fraction for the
  // rest of the tail (7.1.14), from its end to its beginning.
  function erf(x) {
    const z = Math.abs(x);
    if (x !== x) return x;
    if (z > 6) return Math.sign(x);
    if (z < 2.5) {
      let term = x;
      let sum = x;
      for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
        term *= (2 * x * x) / (2 * n + 1);
        sum += term;
      }
      return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
    }
    let fraction = z;
    for (let n = 60; n > 0; n--) fraction = z + n / 2 / fraction;
    return Math.sign(x) * (1 - Math.exp(-z * z) / Math.sqrt(Math.PI) / fraction);
  }

  const each = {
    add: (a, b) => a + b,
    subtract: (a, b) => a - b,
    multiply: (a, b) => a * b,
    divide: (a, b) => a / b,
    floor_divide,
    remainder,
    quotient: (a, b) => (+b ? floor_divide(a, b) + 0 : 0), // of integers, which have one zero
    rest: (a, b) => (+b ? remainder(a, b) + 0 : 0),
    inverse: (x) => (Math.abs(x) === 1 ? x : 0),
    power,
    pow: power,
    float_power: power,
    negative: (x) => -x,
    absolute: Math.abs,
    fabs: Math.abs,
    reciprocal: (x) => 1 / x,
    square: (x) => x * x,
    sqrt: Math.sqrt,
    cbrt: Math.cbrt,
    exp: Math.exp,
    exp2: (x) => 2 ** x,
    expm1: Math.expm1,
    log: Math.log,
    log2: Math.log2,
    log10: Math.log10,
    log1p: Math.log1p,
    sin: Math.sin,
    cos: Math.cos,
    tan: Math.tan,
    arcsin: Math.asin,
    arccos: Math.acos,
    arctan: Math.atan,
    arctan2: Math.atan2,
    hypot: (a, b) => Math.hypot(a, b),
    sinc: (x) => (+x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)),
    deg2rad: (x) => x * (Math.PI / 180),
    radians: (x) => x * (Math.PI / 180),
    rad2deg: (x) => x * (180 / Math.PI),
    degrees: (x) => x * (180 / Math.PI),
    sinh: Math.sinh,
    cosh: Math.cosh,
    tanh: Math.tanh,
    arcsinh: Math.asinh,
    arccosh: Math.acosh,
    arctanh: Math.atanh,
    logaddexp,
    logaddexp2: (a, b) => logaddexp(a * Math.LN2, b * Math.LN2) / Math.LN2,
    maximum: (a, b) => Math.max(a, b),
    minimum: (a, b) => Math.min(a, b),
    fmax,
    fmin,
    where: (c, a, b) => (truth(c) ? a : b),
    sign: (x) => Math.sign(x) + 0, // of -0, too
    floor: Math.floor,
    ceil: Math.ceil,
    trunc: Math.trunc,
    rint,
    greater: (a, b) => a > b,
    greater_equal: (a, b) => a >= b,
    less: (a, b) => a < b,
    less_equal: (a, b) => a <= b,
    equal: (a, b) => +a === +b,
    not_equal: (a, b) => +a !== +b,
    bitwise_and: onBits((a, b) => a & b),
    bitwise_or: onBits((a, b) => a | b),
    bitwise_xor: onBits((a, b) => a ^ b),
    invert: (x) => -1 - x,
    logical_and: (a, b) => truth(a) && truth(b),
    logical_or: (a, b) => truth(a) || truth(b),
    logical_xor: (a, b) => truth(a) !== truth(b),
    logical_not: (x) => !truth(x),
    isfinite: (x) => Number.isFinite(+x),
    isinf: (x) => Math.abs(x) === Infinity,
    isnan: (x) => x !== x,
    signbit: (x) => x < 0 || Object.is(x, -0),
    sigmoid,
    relu: (x) => Math.max(x, 0),
    softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    erf,
  };
  const elementwise = Object.fromEntries(
    Object.entries(each).map(([name, f]) => [name, (...xs) => map(f, ...xs)]),
  );

  const round = (x, decimals) => map((v) => rint(v * 10 ** decimals) / 10 ** decimals, x);
  const clip = (x, low, high) => {
    const above = low === null ? x : map((v) => Math.max(v, low), x);
    return high === null ? above : map((v) => Math.min(v, high), above);
  };
  const astype = (x, convert) => map(convert, x);
  const kept = (kind) => (x) => map((v) => kind.of(v)[0], x);

  // ── elements in other places ──────────────────────────────────────────────────────────────
  const reshape = (x, shape) => array(dataOf(x), shape);
  const broadcast_to = (x, shape) => gather(x, places(shapeOf(x), shape), shape);
  const transpose = (x, axes = range(shapeOf(x).length).reverse()) => {
    const shape = shapeOf(x);
    const strides = stridesOf(shape);
    const turned = axes.map((a) => shape[a]);
    return gather(x, walk(turned, axes.map((a) => strides[a])), turned);
  };
  // The elements at `places`, a list or an array, and `fill` where a place is negative.
  function gather(x, places, shape, fill = 0) {
    const data = dataOf(x);
    return array(dataOf(places).map((p) => (p < 0 ? fill : data[p])), shape);
  }
  // The elements of several arrays, as if they lay behind each other.
  const join = (xs, places, shape) => gather(array(xs.flatMap(dataOf), [NaN]), places, shape);
  // Zeros of `shape`, to which each element of g is added at its place.
  function scatter(g, places, shape) {
    const data = new Array(product(shape)).fill(0);
    const to = dataOf(places);
    dataOf(g).forEach((v, k) => (data[to[k]] += v));
    return array(data, shape);
  }
  // A copy of x, with the elements of v at these places.
  function setitem(x, v, places) {
    const data = [...dataOf(x)];
    const to = dataOf(places);
    dataOf(v).forEach((value, k) => (data[to[k]] = value));
    return array(data, shapeOf(x));
  }

  // ── along axes ────────────────────────────────────────────────────────────────────────────
  // Call f with the elements that each result is made of; `axes` null means all.
  function reduce(f, x, axes, keepdims) {
    const shape = shapeOf(x);
    const gone = axes ?? range(shape.length);
    const kept = shape.map((n, i) => (gone.includes(i) ? 1 : n));
    const groups = range(product(kept)).map(() => []);
    const data = dataOf(x);
    places(kept, shape).forEach((p, k) => groups[p].push(data[k]));
    return array(groups.map(f), keepdims ? kept : shape.filter((_, i) => !gone.includes(i)));
  }
  // Call f with each line of elements along one axis; it returns a line.
  function along(f, x, axis) {
    if (axis === null) return along(f, reshape(x, [dataOf(x).length]), 0);
    const shape = shapeOf(x);
    const data = dataOf(x);
    const result = new Array(data.length);
    const starts = shape.map((n, i) => (i === axis ? 1 : n));
    const lines = range(product(starts)).map(() => []);
    places(starts, shape).forEach((p, k) => lines[p].push(k));
    for (const line of lines) {
      f(line.map((k) => data[k])).forEach((v, i) => (result[line[i]] = v));
    }
    return array(result, shape);
  }

  const total = (v) => v.reduce((a, b) => a + b, 0);
  const mean = (v) => total(v) / v.length;
  const most = (v) => v.reduce((a, b) => Math.max(a, b), -Infinity);
  const least = (v) => v.reduce((a, b) => Math.min(a, b), Infinity);
  const variance = (v, ddof) => {
    const middle = mean(v);
    return total(v.map((x) => (x - middle) ** 2)) / (v.length - ddof);
  };
  const norm = (v, ord) => {
    const sizes = v.map(Math.abs);
    if (ord === null || ord === 2) return Math.sqrt(total(v.map((x) => x * x)));
    if (ord === 0) return sizes.filter((x) => x !== 0).length;
    if (ord === Infinity) return most([0, ...sizes]);
    if (ord === -Infinity) return least(sizes);
    return total(sizes.map((x) => x ** ord)) ** (1 / ord);
  };
  // The place of the best; the first nan wins.
  const first = (v, better) =>
    v.reduce((b, x, i) => (better(x, v[b]) || (x !== x && v[b] === v[b]) ? i : b), 0);
  const top = (v) => (Number.isFinite(most(v)) ? most(v) : 0);
  const logsumexp = (v) => top(v) + Math.log(total(v.map((x) => Math.exp(x - top(v)))));
  const softmax = (v) => {
    const highest = top(v);
    const powers = v.map((x) => Math.exp(x - highest));
    const sum = total(powers);
    return powers.map((p) => p / sum);
  };
  // The highest is taken off before the logarithm is: beside a large number that would be lost.
  const log_softmax = (v) => {
    const highest = top(v);
    const size = Math.log(total(v.map((x) => Math.exp(x - highest))));
    return v.map((x) => x - highest - size);
  };
  const running = (v, f) => {
    let sum;
    return v.map((x, i) => (sum = i ? f(sum, x) : +x)); // of truth values, numbers
  };
  const order = (a, b) => (a !== a) - (b !== b) || a - b; // nan last
  const axesOf = (f) => (x, axes, keepdims) => reduce(f, x, axes, keepdims);
  const lineOf = (f) => (x, axis) => along(f, x, axis);
  const shapedLineOf = (f) => (x, axis) => reshape(along(f, x, axis), shapeOf(x));
  const extremes = { max: axesOf(most), amax: axesOf(most), min: axesOf(least), amin: axesOf(least) };

  // ── products ──────────────────────────────────────────────────────────────────────────────
  // For each combination of the letters: multiply the operands, and add to the result.
  function einsum(subscripts, ...xs) {
    const [inputs, output] = subscripts.split("->");
    const terms = inputs.split(",");
    const sizes = {};
    terms.forEach((term, i) =>
      [...term].forEach((c, axis) => {
        const n = shapeOf(xs[i])[axis];
        sizes[c] = n === 1 ? (sizes[c] ?? 1) : n;
      }),
    );
    const letters = Object.keys(sizes);
    const all = letters.map((c) => sizes[c]);
    const steps = (term, shape) => {
      const strides = stridesOf(shape);
      return letters.map((letter) =>
        total([...term].map((c, i) => (c === letter && shape[i] !== 1 ? strides[i] : 0))),
      );
    };
    const shape = [...output].map((c) => sizes[c]);
    const data = new Array(product(shape)).fill(0);
    const reads = xs.map((x, i) => walk(all, steps(terms[i], shapeOf(x))));
    const datas = xs.map(dataOf);
    walk(all, steps(output, shape)).forEach((p, k) => {
      data[p] += datas.reduce((value, d, i) => value * d[reads[i][k]], 1);
    });
    return array(data, shape);
  }

  // A matrix product over stacks of matrices, which broadcast.
  function matmul(a, b) {
    const [left, right] = [shapeOf(a), shapeOf(b)];
    const [rows, inner, columns] = [left.at(-2) ?? 1, left.at(-1), right.length > 1 ? right.at(-1) : 1];
    const stack = broadcast([left.slice(0, -2), right.slice(0, -2), []]);
    const starts = [left, right].map((s) => places(s.slice(0, -2), stack));
    const data = new Array(product(stack) * rows * columns).fill(0);
    for (let s = 0, k = 0; s < product(stack); s++) {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++, k++) {
          const [x, y] = [(starts[0][s] * rows + i) * inner, starts[1][s] * inner * columns + j];
          for (let m = 0; m < inner; m++) data[k] += a.data[x + m] * b.data[y + m * columns];
        }
      }
    }
    const ends = [...(left.length > 1 ? [rows] : []), ...(right.length > 1 ? [columns] : [])];
    return array(data, [...stack, ...ends]);
  }

  function softmax_cross_entropy(x, target) {
    const [rows, classes] = x.shape;
    const losses = range(rows).map((i) => {
      const row = x.data.slice(i * classes, (i + 1) * classes);
      return -log_softmax(row)[target.data[i]];
    });
    return array(losses, [rows]);
  }

  // What the losses send back to x, when g arrives at them.
  function d_cross_entropy(x, target, g) {
    const classes = x.shape[1];
    const sent = along(softmax, x, 1).data.map((p, k) => {
      const i = Math.floor(k / classes);
      return g.data[i] * (p - (k % classes === target.data[i]));
    });
    return array(sent, x.shape);
  }

  return {
    array, ...elementwise, ...extremes, round, clip, astype,
    int8: kept(Int8Array), int16: kept(Int16Array), int32: kept(Int32Array),
    uint8: kept(Uint8Array), uint16: kept(Uint16Array), uint32: kept(Uint32Array),
    reshape, broadcast_to, transpose, gather, join, scatter, setitem,
    sum: axesOf(total),
    mean: axesOf(mean),
    prod: axesOf((v) => v.reduce((a, b) => a * b, 1)),
    all: axesOf((v) => v.every(truth)),
    any: axesOf((v) => v.some(truth)),
    count_nonzero: axesOf((v) => v.filter(truth).length),
    argmax: axesOf((v) => first(v, (a, b) => a > b)),
    argmin: axesOf((v) => first(v, (a, b) => a < b)),
    logsumexp: axesOf(logsumexp),
    var: (x, axes, keepdims, ddof = 0) => reduce((v) => variance(v, ddof), x, axes, keepdims),
    std: (x, axes, keepdims, ddof = 0) => reduce((v) => Math.sqrt(variance(v, ddof)), x, axes, keepdims),
    norm: (x, axes, keepdims, ord = null) => reduce((v) => norm(v, ord), x, axes, keepdims),
    softmax: shapedLineOf(softmax),
    log_softmax: shapedLineOf(log_softmax),
    cumsum: lineOf((v) => running(v, (a, b) => a + b)),
    cumprod: lineOf((v) => running(v, (a, b) => a * b)),
    sort: lineOf((v) => [...v].sort(order)),
    argsort: lineOf((v) => v.map((_, i) => i).sort((i, j) => order(v[i], v[j]))),
    einsum, matmul, softmax_cross_entropy, d_cross_entropy,
  };
})();
