"""The lecture notes' worked examples, with the numbers printed there."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autograd as torch  # the notes' programs say torch
import nn
import nn.functional as F  # noqa: N812  # PyTorch's custom
from autograd import Tensor, jacobian


def printed(*rows):
    """Return a matrix that was printed with four decimals."""
    return np.array(rows)


def assert_printed(value, expected, decimals=4):
    """Hold a value against a printed one, of which the last digit may be cut or rounded."""
    value = value.numpy(force=True) if isinstance(value, Tensor) else value
    assert_allclose(value, expected, rtol=0, atol=1.01 * 10.0**-decimals)


# ── softmax, cross-entropy and the computational graph: the network 2-2-3 ─────────────────────
X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]])
THETA1, BETA1 = [[-0.69, 0.63], [0.36, 0.59]], [-0.41, -0.01]
THETA2, BETA2 = [[-0.31, 0.02], [0.48, -0.68], [-0.41, -0.27]], [-0.22, 0.15, -0.35]
DELTA2 = printed(
    [-0.6806, 0.4473, 0.2332],
    [0.3203, -0.5412, 0.2209],
    [0.3458, -0.5956, 0.2498],
    [0.3482, 0.4129, -0.7612],
)


class Network:
    """The forward pass as the slides write it, with every intermediate kept under its name."""

    def __init__(self):
        self.theta1, self.beta1 = Tensor(THETA1, True), Tensor(BETA1, True)
        self.theta2, self.beta2 = Tensor(THETA2, True), Tensor(BETA2, True)
        self.s1 = X @ self.theta1.T + self.beta1
        self.o1 = 1 / (1 + np.exp(-self.s1))
        self.s2 = self.o1 @ self.theta2.T + self.beta2
        self.o2 = np.exp(self.s2) / np.sum(np.exp(self.s2), axis=1, keepdims=True)
        self.loss = -np.sum(Y * np.log(self.o2)) / self.o2.shape[0]


def test_the_forward_pass():
    net = Network()
    assert_printed(net.s1, printed([-0.41, -0.01], [0.22, 0.58], [-1.10, 0.35], [-0.47, 0.94]))
    assert_printed(
        net.o1,
        printed([0.3989, 0.4975], [0.5548, 0.6411], [0.2497, 0.5866], [0.3846, 0.7191]),
    )
    assert_printed(
        net.s2,
        printed(
            [-0.3337, 0.0032, -0.6479],
            [-0.3792, -0.0196, -0.7505],
            [-0.2857, -0.1290, -0.6108],
            [-0.3248, -0.1544, -0.7018],
        ),
    )
    losses = np.sum(Y * np.log(net.o2), axis=1).tolist()
    for loss, text in zip(losses, ["-1.1413", "-0.7791", "-0.905", "-1.43"], strict=True):
        assert_printed(loss, float(text), decimals=len(text.partition(".")[2]))
    assert_printed(net.loss.item(), 1.06441, decimals=5)


def test_the_loss_in_one_call():
    net = Network()
    assert F.cross_entropy(net.s2, Y).item() == pytest.approx(net.loss.item(), rel=1e-14)
    assert_printed(F.cross_entropy(net.s2, [0, 1, 1, 2]).item(), 1.06441, decimals=5)


def test_delta2_by_the_jacobian_of_softmax():
    net = Network()
    o2 = net.o2.numpy(force=True)
    slope = -Y / o2  # of the loss of one row, as the notes leave the mean for later
    assert_printed(
        slope,
        printed([-3.1310, 0, 0], [0, -2.1795, 0], [0, -2.4727, 0], [0, 0, -4.1868]),
        decimals=3,
    )
    jacobians = np.einsum("ij,jk->ijk", o2, np.eye(3)) - np.einsum("ij,ik->ijk", o2, o2)
    assert_printed(
        jacobians,
        [
            [[0.2174, -0.1429, -0.0745], [-0.1429, 0.2472, -0.1044], [-0.0745, -0.1044, 0.1789]],
            [[0.2177, -0.1469, -0.0707], [-0.1469, 0.2483, -0.1014], [-0.0707, -0.1014, 0.1721]],
            [[0.2262, -0.1398, -0.0864], [-0.1398, 0.2409, -0.1010], [-0.0863, -0.1010, 0.1874]],
            [[0.2269, -0.1438, -0.0831], [-0.1438, 0.2424, -0.0986], [-0.0832, -0.0986, 0.1818]],
        ],
    )
    for row, expected in zip(net.s2.numpy(force=True), jacobians, strict=True):
        assert_allclose(jacobian(torch.softmax)(row), expected, atol=1e-15)
    assert_printed(np.einsum("ij,ijk->ik", slope, jacobians), DELTA2)


def test_delta2_is_probability_minus_truth():
    net = Network()
    assert_printed(net.o2 - Y, DELTA2)
    net.loss.backward()
    assert_printed(4 * net.s2.grad, DELTA2)
    assert_allclose(4 * net.s2.grad.numpy(), net.o2.numpy(force=True) - Y, rtol=0, atol=1e-15)


def test_the_weights_gradient_is_the_mean_over_the_batch():
    net = Network()
    net.loss.backward()
    o1, delta2 = net.o1.numpy(force=True), (net.o2 - Y).numpy(force=True)
    rows = np.einsum("ni,nj->nij", delta2, o1)
    assert_printed(
        rows,
        [
            [[-0.2715, -0.3386], [0.1784, 0.2225], [0.0930, 0.1161]],
            [[0.1777, 0.2053], [-0.3002, -0.3469], [0.1226, 0.1416]],
            [[0.0863, 0.2028], [-0.1487, -0.3493], [0.0624, 0.1465]],
            [[0.1339, 0.2504], [0.1588, 0.2969], [-0.2928, -0.5473]],
        ],
    )
    assert_allclose(net.theta2.grad.numpy(), rows.mean(axis=0), rtol=0, atol=1e-15)
    # the slide's last matrix prints its third row twice: the second is [-0.0279, -0.0442]
    assert_printed(
        net.theta2.grad, printed([0.0316, 0.0800], [-0.0279, -0.0442], [-0.0037, -0.0358])
    )


def test_the_graph_of_a_plus_b_times_c():
    a, b, c = (Tensor(v, requires_grad=True) for v in (2.0, 3.0, 4.0))
    d = a + b
    f = d * c
    f.backward()
    assert (d.item(), f.item()) == (5.0, 20.0)
    assert d.grad.item() == c.item()  # ∂(d c)/∂d = c
    assert c.grad.item() == d.item()  # ∂(d c)/∂c = d
    assert a.grad.item() == d.grad.item() * 1  # ∂(a + b)/∂a = 1
    assert b.grad.item() == d.grad.item() * 1  # ∂(a + b)/∂b = 1


def test_the_logistic_neuron_node_by_node():
    t0, t1, t2, x1, x2 = (Tensor(v, requires_grad=True) for v in (-3.0, 2.0, -3.0, -1.0, -2.0))
    a = t1 * x1
    b = t2 * x2
    c = t0 + a
    s = c + b
    n = -s
    e = np.exp(n)
    q = 1 + e
    f = 1 / q
    f.backward()
    values = [v.item() for v in (a, b, c, s, n)]
    assert values == [-2.0, 6.0, -5.0, 1.0, -1.0]
    assert_printed(np.array([v.item() for v in (e, q, f)]), [0.3679, 1.3679, 0.7311])

    dq = -1 / q.item() ** 2
    de = dq * 1
    dn = de * e.item()
    ds = dn * -1
    for node, by_hand in [
        (q, dq), (e, de), (n, dn), (s, ds), (b, ds), (c, ds), (a, ds),
        (t0, ds), (t1, ds * x1.item()), (x1, ds * t1.item()),
        (t2, ds * x2.item()), (x2, ds * t2.item()),
    ]:  # fmt: skip
        assert node.grad.item() == pytest.approx(by_hand, rel=1e-15)
    assert ds == pytest.approx(f.item() * (1 - f.item()))  # σ' = σ (1 - σ)
    assert ds == pytest.approx(0.1966, abs=5e-5)


# ── backpropagation: the network for Iris ─────────────────────────────────────────────────────
class NeuralNetwork(nn.Module):
    def __init__(self):
        super(NeuralNetwork, self).__init__()  # noqa: UP008  # as on the slide
        self.fc1 = nn.Linear(4, 4)
        self.fc2 = nn.Linear(4, 3)
        self.fc3 = nn.Linear(3, 3)

    def forward(self, x):
        x = torch.sigmoid(self.fc1(x))
        x = torch.sigmoid(self.fc2(x))
        x = self.fc3(x)
        return x  # noqa: RET504  # as on the slide


VERSICOLOUR = 1
FLOWER = [5.9, 3.0, 4.2, 1.5]  # one of class 1, as in the example
ETA = 0.05


def test_the_class_of_the_slide():
    net = NeuralNetwork()
    y = net(Tensor(np.ones((150, 4))))
    assert y.shape == (150, 3)
    assert repr(net) == (
        "NeuralNetwork(\n"
        "  (fc1): Linear(in_features=4, out_features=4, bias=True)\n"
        "  (fc2): Linear(in_features=4, out_features=3, bias=True)\n"
        "  (fc3): Linear(in_features=3, out_features=3, bias=True)\n"
        ")"
    )
    assert sum(p.size for p in net.parameters()) == 4 * 4 + 4 + 4 * 3 + 3 + 3 * 3 + 3


def test_the_loss_of_the_example():
    p = np.array([0.5, 0.1732, 0.3268])  # only the probability of the real class counts
    assert F.cross_entropy(np.log(p), VERSICOLOUR).item() == pytest.approx(1.7533, abs=5e-5)
    assert F.nll_loss(np.log(p), VERSICOLOUR).item() == pytest.approx(-np.log(0.1732), rel=1e-15)


def last_layer(net):
    """Compute what the derived formulas need: the inputs of the last layer, and p."""
    with torch.no_grad():
        h = torch.sigmoid(net.fc2(torch.sigmoid(net.fc1(np.array(FLOWER)))))
        return h.numpy(), F.softmax(net.fc3(h)).numpy()


@pytest.mark.parametrize("real", [0, 1, 2])
def test_the_derived_gradients_are_the_engines(real):
    net = NeuralNetwork()
    out, p = last_layer(net)
    loss = F.cross_entropy(net(np.array(FLOWER)), real)
    loss.backward()
    assert loss.item() == pytest.approx(-np.log(p[real]), rel=1e-14)
    # ∂L/∂bᵢ = pᵢ - 1 for the neuron of the real class, pᵢ for the others
    error = np.array([p[i] - 1 if i == real else p[i] for i in range(3)])
    assert_allclose(net.fc3.bias.grad.numpy(), error, rtol=1e-13)
    # ∂L/∂wᵢⱼ = ∂L/∂bᵢ outⱼ
    by_hand = [[error[i] * out[j] for j in range(3)] for i in range(3)]
    assert_allclose(net.fc3.weight.grad.numpy(), by_hand, rtol=1e-13)


def test_exercise_4_the_last_bias_by_hand():
    """Three iterations on a sheet of paper, and the optimiser's."""
    net = NeuralNetwork()
    optimizer = nn.optim.SGD(net.parameters(), lr=ETA)
    for _ in range(3):
        out, p = last_layer(net)
        sheet = net.fc3.bias.tolist(), net.fc3.weight.tolist()
        optimizer.zero_grad()
        F.cross_entropy(net(np.array(FLOWER)), VERSICOLOUR).backward()
        optimizer.step()
        for i in range(3):
            error = p[i] - (i == VERSICOLOUR)
            assert net.fc3.bias.data[i] == pytest.approx(sheet[0][i] - ETA * error, rel=1e-14)
            for j in range(3):
                expected = sheet[1][i][j] - ETA * error * out[j]
                assert net.fc3.weight.data[i, j] == pytest.approx(expected, rel=1e-14)


def test_exercise_5_every_layer_learns():
    net = NeuralNetwork()
    before = net.state_dict()
    optimizer = nn.optim.SGD(net.parameters(), lr=ETA)
    F.cross_entropy(net(np.array(FLOWER)), VERSICOLOUR).backward()
    by_hand = {name: p.data - ETA * p.grad.data for name, p in net.named_parameters()}
    optimizer.step()
    for name, value in net.state_dict().items():
        assert_array_equal(value.data, by_hand[name])
        assert (value.data != before[name].data).all(), name


def test_the_sigmoid_between_minus_ten_and_ten():
    x = torch.linspace(-10, 10, 201)
    y = torch.sigmoid(x).numpy()
    assert_allclose(y, 1 / (1 + np.exp(-x.numpy())), rtol=1e-15)
    assert y[100] == 0.5
    assert y[0] < 5e-5
    assert y[-1] > 1 - 5e-5
    assert (np.diff(y) > 0).all()
