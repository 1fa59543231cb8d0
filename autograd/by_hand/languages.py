"""What is said about a worksheet in Portuguese and Spanish: a sentence for each kind of mistake.

English says more, for only there a mistake is told with the names and numbers of the graph.
"""

WORDS = {
    "en": {"by hand": "by hand", "engine": "engine"},
    "pt": {
        "by hand": "à mão", "engine": "motor", "and": "e",
        "right": "certo", "unanswered": "não foi respondido",
        "sign": "o sinal está trocado", "minus": "falta um sinal de menos",
        "missing 1/N": "falta um fator 1/N", "extra 1/N": "há um fator 1/N a mais",
        "constant": "falta um fator constante", "exponent": "o fator do expoente não está certo",
        "factor": "um fator não está certo: confira a derivada do produto, quociente ou potência",
        "transposed": "está transposto", "shape": "o shape não é o da variável",
        "not summed": "falta somar sobre um eixo", "summed": "há uma soma a mais sobre um eixo",
        "zero": "é 0, como se o resultado não dependesse da variável",
        "rounded": "foi arredondado demais", "row": "uma linha tem os números de outra",
        "some": "algumas entradas estão erradas",
        "derivative": "falta a derivada de uma função",
        "point": "a derivada de uma função foi calculada no ponto errado",
        "diagonal": "só uma parte do jacobiano foi usada",
        "target": "o gradiente da entropia cruzada é p − y",
        "path": "falta um caminho: somam-se todos os usos da variável",
        "upstream": "falta o gradiente que chega", "step": "falta um passo da regra da cadeia",
        "unknown": "está errado, e nenhum erro conhecido explica isso",
    },
    "es": {
        "by hand": "a mano", "engine": "motor", "and": "y",
        "right": "correcto", "unanswered": "no fue respondido",
        "sign": "el signo está invertido", "minus": "falta un signo menos",
        "missing 1/N": "falta un factor 1/N", "extra 1/N": "sobra un factor 1/N",
        "constant": "falta un factor constante", "exponent": "el factor del exponente no está bien",
        "factor": "un factor no está bien: revisa la derivada del producto, cociente o potencia",
        "transposed": "está transpuesto", "shape": "las dimensiones no son las de la variable",
        "not summed": "falta sumar sobre un eje", "summed": "sobra una suma sobre un eje",
        "zero": "es 0, como si el resultado no dependiera de la variable",
        "rounded": "está redondeado de más", "row": "una fila tiene los números de otra",
        "some": "algunas entradas están mal",
        "derivative": "falta la derivada de una función",
        "point": "la derivada de una función se calculó en el punto equivocado",
        "diagonal": "solo se usó una parte del jacobiano",
        "target": "el gradiente de la entropía cruzada es p − y",
        "path": "falta un camino: se suman todos los usos de la variable",
        "upstream": "falta el gradiente que llega",
        "step": "falta un paso de la regla de la cadena",
        "unknown": "está mal, y ningún error conocido lo explica",
    },
}  # fmt: skip
