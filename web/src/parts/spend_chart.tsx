import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { init, use, type EChartsType } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import { showDay, showMonth } from '../lib/dates';
import { money, moneyShort } from '../lib/format';
import type { Group, Spend } from '../lib/series';
import { useTheme } from '../lib/theme';

use([BarChart, LineChart, GridComponent, TooltipComponent, CanvasRenderer]);

interface Props {
  spend: Spend;
  groups: Group[];
  colors: string[];
  names: string[];
  currency: string;
  granularity: 'day' | 'month';
  /** Totals of the period before, step by step. */
  before: number[] | null;
  onPick: (step: string) => void;
}

function element(tag: string, className: string, text = ''): HTMLElement {
  const out = document.createElement(tag);
  out.className = className;
  out.textContent = text;
  return out;
}

/** The tooltip is built of elements: the page allows no inline styles in markup. */
function tooltip(props: Props, at: number): HTMLElement {
  const { spend, groups, colors, names, currency, granularity, before } = props;
  const box = element('div', 'tip');
  const step = spend.steps[at]!;
  box.append(element('strong', 'tip-head', granularity === 'day' ? showDay(step) : showMonth(step)));
  const line = (name: string, value: number, color: string | null) => {
    const row = element('div', 'tip-row');
    const swatch = element('i', 'swatch');
    if (color) swatch.style.background = color;
    else swatch.classList.add('none');
    row.append(swatch, element('span', '', name), element('b', '', money(value, currency)));
    box.append(row);
  };
  groups.forEach((group, i) => {
    if (group.values[at]) line(names[i]!, group.values[at]!, colors[i]!);
  });
  line('Total', spend.totals[at] ?? 0, null);
  if (before && before[at] !== undefined) line('Period before', before[at]!, null);
  return box;
}

function optionsOf(props: Props, isDark: boolean) {
  const { spend, groups, colors, names, currency, granularity, before } = props;
  const ink = isDark ? '#9aa5a6' : '#6b6a63';
  const strong = isDark ? '#e5e8e6' : '#22282a';
  const rule = isDark ? '#2a3234' : '#e8e5dd';
  return {
    animationDuration: 250,
    grid: { left: 8, right: 12, top: 14, bottom: 4, containLabel: true },
    textStyle: { fontFamily: 'Inter Variable, system-ui, sans-serif' },
    tooltip: {
      trigger: 'axis', confine: true, className: 'tip-box', padding: 0, borderWidth: 0, backgroundColor: 'transparent', extraCssText: 'box-shadow:none',
      axisPointer: { type: 'shadow', shadowStyle: { color: isDark ? 'rgba(255,255,255,.05)' : 'rgba(30,40,40,.05)' } },
      formatter: (points: { dataIndex: number }[]) => tooltip(props, points[0]!.dataIndex),
    },
    xAxis: {
      type: 'category', data: spend.steps, axisTick: { show: false }, axisLine: { lineStyle: { color: rule } },
      axisLabel: { color: ink, fontSize: 11.5, hideOverlap: true, formatter: (step: string) => (granularity === 'month' ? showMonth(step) : showDay(step).slice(0, -5)) },
    },
    yAxis: {
      type: 'value', splitNumber: 4, splitLine: { lineStyle: { color: rule } },
      axisLabel: { color: ink, fontSize: 11.5, formatter: (value: number) => moneyShort(value, currency) },
    },
    series: [
      ...groups.map((group, i) => ({
        type: 'bar', stack: 'cost', name: names[i], data: group.values, itemStyle: { color: colors[i] },
        barCategoryGap: granularity === 'day' && spend.steps.length > 45 ? '12%' : '28%', barMaxWidth: 56, emphasis: { disabled: true }, cursor: 'pointer',
      })),
      ...(before ? [{
        type: 'line', name: 'Period before', data: before.slice(0, spend.steps.length), showSymbol: false, silent: true, step: granularity === 'month' ? 'middle' : undefined,
        lineStyle: { color: strong, width: 1.4, opacity: 0.75, type: [4, 3] }, itemStyle: { color: strong }, z: 5,
      }] : []),
    ],
  };
}

/** Cost over time, stacked; a click on a step drills into it. The table below says the same for screen readers. */
export function SpendChart(props: Props) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const theme = useTheme();

  useEffect(() => {
    const made = init(box.current!, null, { renderer: 'canvas' });
    chart.current = made;
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(box.current!);
    made.getZr().on('click', (event) => {
      const at = made.convertFromPixel({ xAxisIndex: 0 }, event.offsetX) as unknown as number;
      const step = latest.current.spend.steps[at];
      if (step && made.containPixel('grid', [event.offsetX, event.offsetY])) latest.current.onPick(step);
    });
    return () => {
      observer.disconnect();
      made.dispose();
    };
  }, []);

  useEffect(() => {
    chart.current?.setOption(optionsOf(props, theme === 'dark') as never, { notMerge: true });
  });

  const span = `${props.spend.steps[0]} to ${props.spend.steps.at(-1)}`;
  return <div ref={box} className="chart" role="img" aria-label={`Cost by ${props.granularity} from ${span}; the table below has the numbers`} />;
}
