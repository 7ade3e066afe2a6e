"""What the benchmarks say of their figures: verdicts, what compares two figures, the table, the picture and its scale."""
import unittest
import xml.etree.ElementTree

import picture
import quick
import report

FASTER = next(measure for measure in report.ROWS if measure.key == "P1 of B")
SMALLER = next(measure for measure in report.ROWS if measure.key == "P8 idle_mb")


class VerdictTest(unittest.TestCase):
    def test_a_rate_reaches_its_goal_from_below(self):
        self.assertEqual(report.verdict(FASTER, 0.50), "goal")
        self.assertEqual(report.verdict(FASTER, 0.49), "floor")
        self.assertEqual(report.verdict(FASTER, 0.34), "below the floor")

    def test_a_size_reaches_its_goal_from_above(self):
        self.assertEqual(report.verdict(SMALLER, 12), "goal")
        self.assertEqual(report.verdict(SMALLER, 13), "floor")
        self.assertEqual(report.verdict(SMALLER, 41), "below the floor")

    def test_no_floor_is_stricter_than_its_goal(self):
        for measure in report.ROWS:
            self.assertTrue(measure.reaches(measure.goal, measure.floor), measure.name)


class FiguresTest(unittest.TestCase):
    def test_a_figure_is_the_median_of_its_rounds(self):
        self.assertEqual(report.medians({"P5 rate": [9, 1, 5]}), {"P5 rate": 5})

    def test_one_caller_is_compared_with_disk_and_http_together(self):
        figures = report.derived({"P2 p50_us": 240, "F median_us": 170, "B alone p50_us": 30})
        self.assertAlmostEqual(figures["P2 of F+B"], 1.2)

    def test_what_falls_short_is_named_worst_first(self):
        said = report.shortfalls({"P1 of B": 0.4, "P8 idle_mb": 50}, {"P5": "3 deliveries are missing"})
        self.assertEqual([line.partition(":")[0] for line in said],
                         ["not correct", "below the floor", "short of the goal"])

    def test_the_table_has_a_line_for_each_measure_and_says_what_was_not_measured(self):
        lines = report.table({"P1 of B": 0.5}).splitlines()
        self.assertEqual(len(lines), 1 + len(report.ROWS))
        self.assertIn("goal", lines[1])
        self.assertIn("not measured", lines[2])


class QuickTest(unittest.TestCase):
    def test_a_tenth_more_than_the_baseline_is_allowed_and_no_more(self):
        baseline = {"P1": 100, "P4": 1, "P5": 200}
        lines, good = quick.compare({"P1": 110, "P4": 0.5, "P5": 200}, baseline)
        self.assertTrue(good)
        self.assertIn("+10.0 %", lines[0])
        lines, good = quick.compare({"P1": 100, "P4": 1.6, "P5": 200}, baseline)
        self.assertFalse(good)
        self.assertIn("TOO MUCH", lines[1])


class PictureTest(unittest.TestCase):
    def test_the_goal_stands_in_the_middle(self):
        self.assertEqual(picture.place(picture.reached(FASTER, FASTER.goal)), picture.BAR / 2)
        self.assertLess(picture.place(picture.reached(SMALLER, 24)), picture.BAR / 2)

    def test_a_chart_has_each_place_and_stays_inside(self):
        root = xml.etree.ElementTree.fromstring(picture.chart([(1, 100.0, 0.5), (64, 5000.0, 12.0)], "title"))
        circles = list(root.iter("{http://www.w3.org/2000/svg}circle"))
        self.assertEqual(len(circles), 4)
        for circle in circles:
            self.assertTrue(50 <= float(circle.get("cy")) <= 290, circle.attrib)

    def test_it_is_valid_xml_with_a_bar_for_each_figure(self):
        root = xml.etree.ElementTree.fromstring(picture.svg({"P1 of B": 0.4, "P9 core_percent": 0.0}, "a <title>"))
        texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
        self.assertIn("a <title>", texts)
        self.assertIn("0.4 of B", texts)


if __name__ == "__main__":
    unittest.main()
